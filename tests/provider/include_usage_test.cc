// Asking an OpenAI-style stream for its usage, and taking the answer out again.
#include "provider/include_usage.h"

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "tests/provider/filtered.h"
#include "tests/provider/pieces.h"

namespace keypool::provider {
namespace {

struct Body {
  std::string name;
  std::string body;
  std::optional<std::string> asked;
};

void PrintTo(const Body& body, std::ostream* out) { *out << body.name; }

class AskForUsage : public testing::TestWithParam<Body> {};

TEST_P(AskForUsage, Rewrites) { EXPECT_EQ(ask_for_usage(GetParam().body), GetParam().asked); }

INSTANTIATE_TEST_SUITE_P(
    Asks, AskForUsage,
    testing::Values(
        Body{"WithoutOptions", R"({"model":"m","stream":true})",
             R"({"stream_options":{"include_usage":true},"model":"m","stream":true})"},
        Body{"WithBlanks", " {\n  \"stream\" : true\n}\n",
             " {\"stream_options\":{\"include_usage\":true},\n  \"stream\" : true\n}\n"},
        Body{"EmptyOptions", R"({"stream":true,"stream_options":{}})",
             R"({"stream":true,"stream_options":{"include_usage":true}})"},
        Body{"EmptyOptionsWithBlanks", R"({"stream":true,"stream_options": { } })",
             R"({"stream":true,"stream_options": {"include_usage":true } })"},
        Body{
            "OtherOptions", R"({"stream":true,"stream_options":{"include_obfuscation":false}})",
            R"({"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}})"},
        Body{"NullOptions", R"({"stream_options":null,"stream":true})",
             R"({"stream_options":{"include_usage":true},"stream":true})"},
        Body{"AskedNotTo", R"({"stream":true,"stream_options":{"include_usage": false}})",
             R"({"stream":true,"stream_options":{"include_usage": true}})"},
        Body{
            "OptionsElsewhereAreOthers",
            R"({"stream":true,"metadata":{"stream_options":{"include_usage":true}}})",
            R"({"stream_options":{"include_usage":true},"stream":true,"metadata":{"stream_options":{"include_usage":true}}})"}),
    [](const auto& body) { return body.param.name; });

INSTANTIATE_TEST_SUITE_P(
    LeavesAlone, AskForUsage,
    testing::Values(
        Body{"AsksAlready", R"({"stream":true,"stream_options":{"include_usage":true}})", {}},
        Body{"NoStream", R"({"model":"m"})", {}}, Body{"StreamIsFalse", R"({"stream":false})", {}},
        Body{"StreamIsAString", R"({"stream":"true"})", {}},
        Body{"StreamElsewhere", R"({"metadata":{"stream":true}})", {}},
        Body{"OptionsAreAString", R"({"stream":true,"stream_options":"x"})", {}},
        Body{"OptionsAreAList", R"({"stream":true,"stream_options":[]})", {}},
        Body{"OptionsTwice", R"({"stream":true,"stream_options":{},"stream_options":{}})", {}},
        Body{"AnswerTwice",
             R"({"stream":true,"stream_options":{"include_usage":false,"include_usage":true}})",
             {}},
        Body{"AnswerIsAString", R"({"stream":true,"stream_options":{"include_usage":"no"}})", {}},
        Body{"CutShort", R"({"stream":true,"messages":[)", {}},
        Body{"AnArray", R"([{"stream":true}])", {}}, Body{"Empty", "", {}},
        Body{"Garbage", "stream=true", {}}),
    [](const auto& body) { return body.param.name; });

TEST(AskForUsage, ChangesNothingElse) {
  rc::check([](const std::map<std::string, std::string>& members, bool ascii) {
    auto json = nlohmann::json::object();
    for (const auto& [name, value] : members) json[name] = value;
    json["stream"] = true;
    const auto body = json.dump(-1, ' ', ascii, nlohmann::json::error_handler_t::replace);

    const auto asked = ask_for_usage(body);

    RC_ASSERT(asked.has_value());
    auto read = nlohmann::json::parse(*asked);
    RC_ASSERT(read["stream_options"]["include_usage"] == true);
    read.erase("stream_options");
    RC_ASSERT(read == nlohmann::json::parse(body));
    RC_ASSERT(!ask_for_usage(*asked));
  });
}

TEST(MayAskForUsage, WhereItIsUnderstoodAndNeeded) {
  using enum Dialect;
  EXPECT_TRUE(may_ask_for_usage(openai, "api.openai.com", "/v1/chat/completions"));
  EXPECT_TRUE(may_ask_for_usage(openai, "127.0.0.1", "/v1/completions?x=1"));
  EXPECT_TRUE(may_ask_for_usage(azure_openai, "r.openai.azure.com",
                                "/openai/deployments/d/chat/completions?api-version=2024-10-21"));
  EXPECT_TRUE(may_ask_for_usage(gemini, "generativelanguage.googleapis.com",
                                "/v1beta/openai/chat/completions"));
  EXPECT_FALSE(may_ask_for_usage(openai, "api.openai.com", "/v1/responses"));
  EXPECT_FALSE(may_ask_for_usage(openai, "api.openai.com", "/v1/embeddings"));
  EXPECT_FALSE(may_ask_for_usage(anthropic, "api.anthropic.com", "/v1/chat/completions"));
  EXPECT_FALSE(may_ask_for_usage(generic, "example.com", "/v1/chat/completions"));
}

TEST(MayAskForUsage, NotWhereItIsRefusedOrToldAnyway) {
  EXPECT_FALSE(may_ask_for_usage(Dialect::openai, "api.mistral.ai", "/v1/chat/completions"));
  EXPECT_FALSE(may_ask_for_usage(Dialect::openai, "api.eu.mistral.ai", "/v1/chat/completions"));
  EXPECT_FALSE(may_ask_for_usage(Dialect::openai, "openrouter.ai", "/api/v1/chat/completions"));
}

constexpr std::string_view kDelta =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}],\"usage\":null}"
    "\n\n";
constexpr std::string_view kUsage =
    "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":42,\"completion_tokens\":7}}"
    "\n\n";
constexpr std::string_view kDone = "data: [DONE]\n\n";

struct Stream {
  std::string name;
  std::string from_provider;
  std::string to_client;
};

void PrintTo(const Stream& stream, std::ostream* out) { *out << stream.name; }

std::string text(std::initializer_list<std::string_view> events) {
  std::string out;
  for (const std::string_view event : events) out.append(event);
  return out;
}

std::string with_line_ends(std::string_view events, std::string_view line_end) {
  std::string out;
  for (const char c : events) {
    if (c == '\n') {
      out.append(line_end);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

const std::vector<Stream>& streams() {
  static const std::vector<Stream> all{
      {"UsageAmongOthers", text({kDelta, kUsage, kDone}), text({kDelta, kDone})},
      {"CrlfLineEnds", with_line_ends(text({kDelta, kUsage, kDone}), "\r\n"),
       with_line_ends(text({kDelta, kDone}), "\r\n")},
      {"CrLineEnds", with_line_ends(text({kDelta, kUsage, kDone}), "\r"),
       with_line_ends(text({kDelta, kDone}), "\r")},
      {"LastWithoutBlankLine", text({kDelta, kUsage.substr(0, kUsage.size() - 2)}),
       std::string(kDelta)},
      {"OtherLastWithoutBlankLine", text({kUsage, "data: [DONE]"}), "data: [DONE]"},
      {"NoUsageEvent", text({kDelta, kDone}), text({kDelta, kDone})},
      {"UsageBeforeChoices",
       text({kDelta, "data: {\"usage\":{\"prompt_tokens\":1},\"choices\": [ ]}\n\n", kDone}),
       text({kDelta, kDone})},
      {"UsageBesideAChoiceStays",
       text({"data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}\n\n", kDone}),
       text({"data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}\n\n", kDone})},
      {"AzureFilterResultsStay",
       text({"data: {\"choices\":[],\"prompt_filter_results\":[{}]}\n\n", kDelta}),
       text({"data: {\"choices\":[],\"prompt_filter_results\":[{}]}\n\n", kDelta})},
      {"ErrorStays", text({kDelta, "data: {\"error\":{\"message\":\"x\"}}\n\n"}),
       text({kDelta, "data: {\"error\":{\"message\":\"x\"}}\n\n"})},
      {"CommentsStay", text({": keep-alive\n\n", kDelta, ": x\n", kUsage, ": y\n\n", kDone}),
       text({": keep-alive\n\n", kDelta, ": x\n", ": y\n\n", kDone})},
      {"SeveralDataLines",
       text({"data: {\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":1}}\n\n", kDone}),
       std::string(kDone)},
      {"OnlyUsage", std::string(kUsage), ""},
      {"NoEventStream", "{\"choices\":[],\"usage\":{}}", "{\"choices\":[],\"usage\":{}}"},
  };
  return all;
}

class UsageEventOutOf : public testing::TestWithParam<Stream> {};

TEST_P(UsageEventOutOf, WholeBytes) {
  EXPECT_EQ(filtered({GetParam().from_provider}), GetParam().to_client);
}

TEST_P(UsageEventOutOf, OneByteAtATime) {
  EXPECT_EQ(filtered(one_byte_pieces(GetParam().from_provider)), GetParam().to_client);
}

TEST_P(UsageEventOutOf, BytesCutAnywhere) {
  rc::check([&] {
    RC_ASSERT(filtered(random_pieces(GetParam().from_provider)) == GetParam().to_client);
  });
}

INSTANTIATE_TEST_SUITE_P(Streams, UsageEventOutOf, testing::ValuesIn(streams()),
                         [](const auto& stream) { return stream.param.name; });

std::string forwarded(UsageEventFilter& filter, std::string_view piece) {
  std::vector<std::string_view> forward;
  filter.feed(piece, forward);
  std::string out;
  for (const std::string_view run : forward) out.append(run);
  return out;
}

TEST(UsageEventFilter, WholeEventsAreNotHeldBack) {
  UsageEventFilter filter;
  EXPECT_EQ(forwarded(filter, kDelta), kDelta);
  EXPECT_EQ(forwarded(filter, kUsage), "");
  EXPECT_EQ(forwarded(filter, kDone), kDone);
}

TEST(UsageEventFilter, AnEventGoesOnAsSoonAsItIsClearlyAnother) {
  UsageEventFilter filter;
  EXPECT_EQ(forwarded(filter, "data: {\"choices\":"), "");
  EXPECT_EQ(forwarded(filter, "[{\"delta\":"), "data: {\"choices\":[{\"delta\":");
  EXPECT_EQ(forwarded(filter, "{\"content\":\"a long"), "{\"content\":\"a long");
}

TEST(UsageEventFilter, CommentsAreNotHeldBack) {
  UsageEventFilter filter;
  EXPECT_EQ(forwarded(filter, ": keep-alive\n"), ": keep-alive\n");
}

TEST(UsageEventFilter, HoldsNoMoreThanItsShare) {
  UsageEventFilter filter;
  std::string in = "data: {\"choices\":[],\"x\":\"";
  std::string out = forwarded(filter, in);
  for (int i = 0; i < 100; ++i) {
    const std::string kilobyte(1024, 'x');
    in += kilobyte;
    out += forwarded(filter, kilobyte);
  }
  EXPECT_GT(out.size(), 0u);
  in += "\",\"usage\":{}}\n\n";
  out += forwarded(filter, "\",\"usage\":{}}\n\n");
  EXPECT_EQ(out, in);
}

TEST(UsageEventFilter, LosesNothingOfAnyBytes) {
  rc::check([](const std::string& noise) {
    const std::string out = filtered({noise});
    RC_ASSERT(filtered(random_pieces(noise)) == out);
    RC_ASSERT(out == noise);  // noise of this size holds no usage event
  });
}

TEST(UsageEventFilter, DamagedStreamsGiveTheSameWhicheverWayTheyAreCut) {
  rc::check([] {
    std::string stream = (*rc::gen::elementOf(streams())).from_provider;
    for (int i = *rc::gen::inRange(0, 5); i > 0 && !stream.empty(); --i) {
      stream[*rc::gen::inRange<std::size_t>(0, stream.size())] =
          *rc::gen::elementOf(std::string("\"\\{}[],:\r\n x0"));
    }
    RC_ASSERT(filtered({stream}) == filtered(random_pieces(stream)));
  });
}

}  // namespace
}  // namespace keypool::provider
