// What a client reads through keypool is what it would read from the provider itself: status,
// headers but for those that tell of the hidden key, and the body to the last byte, in whatever
// pieces it comes. And what such an answer costs is counted as the provider counts it.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using ::testing::Combine;
using ::testing::Values;
using ::testing::ValuesIn;

struct Pieces {
  std::string name;
  lab::PieceSizes sizes;
};

void PrintTo(const Pieces& pieces, std::ostream* out) { *out << pieces.name; }

const Pieces kWhole{"Whole", {}};
const Pieces kOneByte{"OneByte", {1, 1}};
const Pieces kAnySize{"AnySize", {1, 64}};

/// `openai.chat_stream` becomes `openai_chat_stream`.
std::string test_name(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '.', '_');
  return text;
}

/// Headers as name and value, without what may differ: the hop's own, those of the hidden key, and
/// those that keypool adds.
std::multiset<std::string> comparable(const http::Answer& answer) {
  constexpr std::string_view kDiffers[] = {
      "connection",          "transfer-encoding",         "content-length",
      "openai-organization", "anthropic-organization-id", "x-keypool-endpoint",
      "x-keypool-key",       "x-keypool-attempts"};
  std::multiset<std::string> lines;
  for (const http::Field& field : answer.headers) {
    const bool differs = std::ranges::find(kDiffers, field.name) != std::end(kDiffers) ||
                         field.name.find("ratelimit") != field.name.npos;
    if (!differs) lines.insert(field.name + ": " + field.value);
  }
  return lines;
}

void expect_the_same(const http::Answer& through, const http::Answer& direct) {
  EXPECT_EQ(through.status, direct.status);
  EXPECT_EQ(comparable(through), comparable(direct));
  // Not EXPECT_EQ: a megabyte would be printed.
  EXPECT_TRUE(through.body == direct.body)
      << through.body.size() << " bytes instead of " << direct.body.size() << ", which begin with\n"
      << through.body.substr(0, 2000) << "\ninstead of\n"
      << direct.body.substr(0, 2000);
}

// Answers that providers are known to give

/// Refusals that come before any content are not the client's to see.
bool reaches_the_client(std::string_view known) {
  return !known.ends_with("_first") && known != "azure.refused_response_stream" &&
         known != "openrouter.error_under_200";
}

std::vector<std::string> known_good_answers() {
  std::vector<std::string> names;
  for (const auto& known : lab::known_streams()) {
    if (reaches_the_client(known.name)) names.emplace_back(known.name);
  }
  return names;
}

class KnownAnswers : public ::testing::TestWithParam<std::tuple<std::string, Pieces>> {};

TEST_P(KnownAnswers, ComeThroughToTheLastByteAndAreCounted) {
  const auto& [name, pieces] = GetParam();
  const lab::KnownAnswer& known = *lab::known_answer(name);
  lab::Fault fault = says(name);
  fault.models = "*";
  lab::PieceSizes sizes = pieces.sizes;
  if (known.repeats > 1 && sizes.to > 0) sizes = {.from = sizes.from * 4099, .to = sizes.to * 4099};
  const Stage stage(
      {.dialect = dialect_of(name), .scenario = {.pieces = sizes, .faults = {fault}}});

  const auto direct = stage.call_directly(question_for(name));
  const auto through = stage.call(question_for(name));

  ASSERT_TRUE(direct) << direct.error().message;
  expect_the_same(through, *direct);
  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.key("a").state, KeyState::ready);
  if (known.output_tokens == 0) return;
  EXPECT_EQ(stage.key("a").total_input_tokens, known.input_tokens);
  EXPECT_EQ(stage.key("a").total_output_tokens, known.output_tokens);
}

INSTANTIATE_TEST_SUITE_P(EveryByte, KnownAnswers,
                         Combine(ValuesIn(known_good_answers()),
                                 Values(kWhole, kOneByte, kAnySize)),
                         [](const auto& instance) {
                           return test_name(std::get<0>(instance.param)) + "_" +
                                  std::get<1>(instance.param).name;
                         });

// Answers that are made for a question

struct Asked {
  std::string name;
  Dialect dialect;
  std::string target;
  std::string body;
  /// A stream that does not ask for its usage: keypool asks, and takes the event out again.
  bool usage_is_added = false;
};

void PrintTo(const Asked& asked, std::ostream* out) { *out << asked.name; }

const std::string kMessages = R"("messages":[{"role":"user","content":"12345678"}])";
const std::string kOpenaiTool =
    R"("tools":[{"type":"function","function":{"name":"look_up","parameters":{"type":"object","properties":{"word":{"type":"string"}}}}}])";
const std::string kAnthropicTool =
    R"("tools":[{"name":"look_up","input_schema":{"type":"object","properties":{"word":{"type":"string"}}}}])";
const std::string kContents = R"("contents":[{"parts":[{"text":"12345678"}]}])";
const std::string kGeminiTool =
    R"("tools":[{"functionDeclarations":[{"name":"look_up","parameters":{"type":"object","properties":{"word":{"type":"string"}}}}]}])";

std::vector<Asked> questions() {
  using enum Dialect;
  const std::string chat = "/v1/chat/completions";
  const std::string gemini_model = "/v1beta/models/lab-model:";
  return {
      {"Chat", openai, chat, R"({"model":"lab-model",)" + kMessages + "}"},
      {"ChatStream", openai, chat, R"({"model":"lab-model","stream":true,)" + kMessages + "}",
       true},
      {"ChatStreamWithUsage", openai, chat,
       R"({"model":"lab-model","stream":true,"stream_options":{"include_usage":true},)" +
           kMessages + "}"},
      {"ChatTool", openai, chat, R"({"model":"lab-model",)" + kOpenaiTool + "," + kMessages + "}"},
      {"ChatToolStream", openai, chat,
       R"({"model":"lab-model","stream":true,)" + kOpenaiTool + "," + kMessages + "}", true},
      {"Completion", openai, "/v1/completions", R"({"model":"lab-model","prompt":"12345678"})"},
      {"CompletionStream", openai, "/v1/completions",
       R"({"model":"lab-model","prompt":"12345678","stream":true})", true},
      {"Response", openai, "/v1/responses", R"({"model":"lab-model","input":"12345678"})"},
      {"ResponseStream", openai, "/v1/responses",
       R"({"model":"lab-model","input":"12345678","stream":true})"},
      {"ResponseToolStream", openai, "/v1/responses",
       R"({"model":"lab-model","input":"12345678","stream":true,"tools":[{"type":"function","name":"look_up","parameters":{"type":"object","properties":{"word":{"type":"string"}}}}]})"},
      {"Embeddings", openai, "/v1/embeddings",
       R"({"model":"lab-model","input":["12345678","1234"],"dimensions":8})"},
      {"Models", openai, "/v1/models", ""},
      {"Message", anthropic, "/v1/messages",
       R"({"model":"lab-model","max_tokens":50,)" + kMessages + "}"},
      {"MessageStream", anthropic, "/v1/messages",
       R"({"model":"lab-model","max_tokens":50,"stream":true,)" + kMessages + "}"},
      {"MessageToolStream", anthropic, "/v1/messages",
       R"({"model":"lab-model","max_tokens":50,"stream":true,)" + kAnthropicTool + "," + kMessages +
           "}"},
      {"CountTokens", anthropic, "/v1/messages/count_tokens",
       R"({"model":"lab-model",)" + kMessages + "}"},
      {"Generate", gemini, gemini_model + "generateContent", "{" + kContents + "}"},
      {"GenerateTool", gemini, gemini_model + "generateContent",
       "{" + kGeminiTool + "," + kContents + "}"},
      {"GenerateEvents", gemini, gemini_model + "streamGenerateContent?alt=sse",
       "{" + kContents + "}"},
      {"GenerateArray", gemini, gemini_model + "streamGenerateContent", "{" + kContents + "}"},
      {"GeminiCountTokens", gemini, gemini_model + "countTokens", "{" + kContents + "}"},
      {"GeminiEmbedding", gemini, gemini_model + "embedContent",
       R"({"content":{"parts":[{"text":"12345678"}]}})"},
      {"GeminiCompatChat", gemini, "/v1beta/openai/chat/completions",
       R"({"model":"lab-model",)" + kMessages + "}"},
  };
}

enum class Coding { identity, gzip };

/// The same question, with usage asked for; and its answer without the event that tells it.
std::string asking_for_usage(std::string body) {
  return body.insert(1, R"("stream_options":{"include_usage":true},)");
}

std::string without_usage_event(std::string body) {
  const auto at = body.find(R"("choices":[])");
  const auto begin = body.rfind("data: ", at);
  return body.erase(begin, body.find("\n\n", at) + 2 - begin);
}

class MadeAnswers : public ::testing::TestWithParam<std::tuple<Asked, Pieces, Coding>> {};

TEST_P(MadeAnswers, ComeThroughToTheLastByteAndAreCounted) {
  const auto& [asked, pieces, coding] = GetParam();
  const FakeClock clock;
  const lab::Scenario scenario{
      .pieces = pieces.sizes,
      .gzip = coding == Coding::gzip,
      .pace = {.tokens_from = 5, .tokens_to = 9, .cached = 0.5, .thinking = 3}};
  // Two providers that live the same life, so that the first call of each is answered alike.
  const Stage without({.dialect = asked.dialect, .scenario = scenario, .clock = &clock});
  const Stage with({.dialect = asked.dialect, .scenario = scenario, .clock = &clock});
  http::Fetch fetch{.method = asked.body.empty() ? "GET" : "POST",
                    .target = asked.target,
                    .headers = {{"content-type", "application/json"}},
                    .body = asked.body};
  if (asked.dialect == Dialect::anthropic) {
    fetch.headers.push_back({"anthropic-version", "2023-06-01"});
  }
  if (coding == Coding::gzip) fetch.headers.push_back({"accept-encoding", "gzip"});

  const auto through = with.call(fetch);
  // Streams are looked into before they go out, so keypool asks for them uncompressed.
  const bool streamed = (asked.target + asked.body).find("stream") != std::string::npos;
  if (coding == Coding::gzip && streamed) fetch.headers.pop_back();
  if (asked.usage_is_added) fetch.body = asking_for_usage(asked.body);
  auto direct = without.call_directly(fetch);

  ASSERT_TRUE(direct) << direct.error().message;
  if (asked.usage_is_added) direct->body = without_usage_event(direct->body);
  EXPECT_EQ(direct->status, 200) << direct->body;
  expect_the_same(through, *direct);
  ASSERT_TRUE(with.idle());
  if (asked.name == "GeminiEmbedding") return;  // the provider does not tell what it costs
  EXPECT_EQ(with.key("a").total_input_tokens, with.observed("a").input_tokens);
  EXPECT_EQ(with.key("a").total_output_tokens, with.observed("a").output_tokens);
}

std::string made_name(const ::testing::TestParamInfo<std::tuple<Asked, Pieces, Coding>>& instance) {
  const auto& [asked, pieces, coding] = instance.param;
  return asked.name + "_" + pieces.name + (coding == Coding::gzip ? "_Gzip" : "");
}

INSTANTIATE_TEST_SUITE_P(EveryByte, MadeAnswers,
                         Combine(ValuesIn(questions()), Values(kWhole, kOneByte, kAnySize),
                                 Values(Coding::identity)),
                         made_name);
INSTANTIATE_TEST_SUITE_P(EveryByteOfGzip, MadeAnswers,
                         Combine(ValuesIn(questions()), Values(kWhole, kAnySize),
                                 Values(Coding::gzip)),
                         made_name);

}  // namespace
}  // namespace keypool::conformance
