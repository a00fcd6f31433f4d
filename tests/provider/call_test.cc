// What a request says of itself before a key is leased.
#include "provider/call.h"

#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

namespace keypool::provider {

bool operator==(const Call& a, const Call& b) {
  return a.model == b.model && a.stream == b.stream && a.input_tokens == b.input_tokens &&
         a.output_tokens == b.output_tokens;
}

void PrintTo(const Call& call, std::ostream* out) {
  *out << '"' << call.model << '"' << (call.stream ? " streamed" : "") << ", " << call.input_tokens
       << " in, " << call.output_tokens << " out";
}

namespace {

using enum Dialect;

struct Request {
  std::string name;
  Dialect dialect;
  std::string target;
  std::string content_type;
  std::string body;
  Call call;
};

void PrintTo(const Request& request, std::ostream* out) { *out << request.name; }

constexpr auto kJson = "application/json";
constexpr auto kChat = "/v1/chat/completions";

Call call(std::string model, bool stream, std::uint64_t input, std::uint64_t output) {
  return {std::move(model), stream, input, output};
}

class ReadCall : public testing::TestWithParam<Request> {};

TEST_P(ReadCall, Reads) {
  const Request& request = GetParam();
  EXPECT_EQ(read_call(request.dialect, request.target, request.content_type, request.body),
            request.call);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, ReadCall,
    testing::Values(
        Request{
            "OpenaiChat", openai, kChat, kJson,
            R"({"model":"gpt-4.1","messages":[{"role":"user","content":"eight by"}],"stream":true,"max_tokens":100})",
            call("gpt-4.1", true, 5, 100)},
        Request{"ModelBehindTheMessages", openai, kChat, "application/json; charset=utf-8",
                R"({"messages":[{"content":"12345678"}],"model":"m","max_completion_tokens":7})",
                call("m", false, 3, 7)},
        Request{"Responses", openai, "/v1/responses", kJson,
                R"({"model":"m","input":"1234567","stream":false,"max_output_tokens":9})",
                call("m", false, 2, 9)},
        Request{"SeveralAnswers", openai, kChat, kJson, R"({"model":"m","n":3,"max_tokens":10})",
                call("m", false, 1, 30)},
        Request{"TheLargerOfTwoCaps", openai, kChat, kJson,
                R"({"max_tokens":10,"max_completion_tokens":20})", call("", false, 0, 20)},
        Request{"Anthropic", anthropic, "/v1/messages", kJson,
                R"({"model":"claude","max_tokens":1024,"system":"1234","messages":[]})",
                call("claude", false, 3, 1024)},
        Request{"AnthropicLegacy", anthropic, "/v1/complete", kJson,
                R"({"model":"c","max_tokens_to_sample":5})", call("c", false, 1, 5)},
        Request{
            "GeminiModelInThePath", gemini, "/v1beta/models/gemini-2.5-pro:generateContent", kJson,
            R"({"model":"other","contents":[{"parts":[{"text":"123456"}]}],"generationConfig":{"maxOutputTokens":50,"candidateCount":2}})",
            call("gemini-2.5-pro", false, 3, 100)},
        Request{"GeminiStream", gemini,
                "/v1beta/models/gemini%2D2.5:streamGenerateContent?alt=sse&key=x", kJson, "{}",
                call("gemini-2.5", true, 0, 0)},
        Request{"GeminiTunedModel", gemini, "/v1beta/tunedModels/mine:generateContent", kJson, "{}",
                call("mine", false, 0, 0)},
        Request{"GeminiModelsPage", gemini, "/v1beta/models/gemini-2.5", "", "",
                call("", false, 0, 0)},
        Request{"GeminiBehindOpenaisPaths", gemini, "/v1beta/openai/chat/completions", kJson,
                R"({"model":"models/gemini-2.5","stream":true})", call("gemini-2.5", true, 5, 0)},
        Request{"AzureDeployment", azure_openai,
                "/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21", kJson,
                R"({"model":"ignored","stream":true})", call("my gpt", true, 2, 0)},
        Request{"AzureV1", azure_openai, "/openai/v1/chat/completions", kJson, R"({"model":"m"})",
                call("m", false, 1, 0)},
        Request{"OllamaStreamsUnlessTold", openai, "/api/chat", kJson,
                R"({"model":"llama3","options":{"num_predict":64}})", call("llama3", true, 2, 64)},
        Request{"OllamaToldNotTo", openai, "/api/generate", kJson,
                R"({"model":"llama3","stream":false,"options":{"num_predict":-1}})",
                call("llama3", false, 2, 0)},
        Request{"FineTunedModelPageIsNoCall", openai, "/v1/models/ft:gpt-4o:acme::abc", "", "",
                call("", false, 0, 0)},
        Request{"RealtimeModelInTheQuery", openai, "/v1/realtime?intent=x&model=gpt%2Drealtime", "",
                "", call("gpt-realtime", false, 0, 0)},
        Request{"Upload", openai, "/v1/audio/transcriptions", "multipart/form-data; boundary=b",
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
                "RIFF\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
                "--b--\r\n",
                call("whisper-1", false, 0, 0)},
        Request{"EscapedModel", openai, kChat, kJson, R"({"mod\u0065l":"meta\/llama-\u00e9"})",
                call("meta/llama-é", false, 5, 0)},
        Request{"TheLastOfTwoModels", openai, kChat, kJson, R"({"model":"a","model":"b"})",
                call("b", false, 1, 0)},
        Request{
            "ModelElsewhereIsNone", openai, kChat, kJson,
            R"({"metadata":{"model":"x","stream":true,"max_tokens":5},"tools":[{"model":"y"}]})",
            call("", false, 1, 0)},
        Request{
            "PicturesCountAsSuch", openai, kChat, kJson,
            R"({"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
                std::string(400'000, 'A') + R"("}},{"type":"text","text":"1234567"}]}]})",
            call("", false, 1005, 0)},
        Request{"AnthropicPictures", anthropic, "/v1/messages", kJson,
                R"({"messages":[{"content":[{"type":"image","source":{"data":")" +
                    std::string(400'000, 'A') + R"("}}]}]})",
                call("", false, 1002, 0)},
        Request{"PictureByAddressIsText", openai, kChat, kJson,
                R"({"messages":[{"content":[{"image_url":{"url":"http://x"}}]}]})",
                call("", false, 2, 0)}),
    [](const auto& request) { return request.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Garbage, ReadCall,
    testing::Values(
        Request{"NoBody", openai, kChat, kJson, "", call("", false, 0, 0)},
        Request{"Blank", openai, kChat, kJson, " \r\n", call("", false, 0, 0)},
        Request{"Text", openai, kChat, kJson, "twelve bytes", call("", false, 3, 0)},
        Request{"Binary", openai, kChat, "application/octet-stream", "twelve bytes",
                call("", false, 0, 0)},
        Request{"FormWithoutContentType", openai, kChat, "application/x-www-form-urlencoded",
                R"({"model":"m"})", call("m", false, 1, 0)},
        Request{"CutShort", openai, kChat, kJson,
                R"({"model":"m","stream":true,"messages":[{"content":"12345678)",
                call("m", true, 3, 0)},
        Request{"WrongTypes", openai, kChat, kJson,
                R"({"model":7,"stream":"true","max_tokens":"12","n":null})", call("", false, 2, 0)},
        Request{"AbsurdCaps", openai, kChat, kJson, R"({"max_tokens":1e300,"n":-4})",
                call("", false, 0, 0)},
        Request{"OverlongModel", openai, kChat, kJson,
                R"({"model":")" + std::string(300, 'm') + R"("})", call("", false, 75, 0)},
        Request{"UnclosedForm", openai, kChat, "multipart/form-data; boundary=b", "name=\"model\"",
                call("", false, 0, 0)}),
    [](const auto& request) { return request.param.name; });

TEST(ReadCall, AnyBytesAreReadSomehow) {
  rc::check([](const std::string& body, const std::string& target) {
    for (const Dialect dialect : {openai, anthropic, gemini, azure_openai, generic}) {
      for (const auto* type : {"", kJson, "multipart/form-data"}) {
        const Call read = read_call(dialect, target, type, body);
        RC_ASSERT(read.model.size() <= 2 * kModelBytes);
      }
    }
  });
}

// Whatever a JSON writer may write, the scan and a full parser agree on.
nlohmann::json any_json(int depth) {
  const auto text = [] {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                           rc::gen::element<std::string>("\"", "\\", "a\nb", "é", "{", "model"));
  };
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<int>();
    case 3:
    case 4:
      return text();
    case 5: {
      auto array = nlohmann::json::array();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) array.push_back(any_json(depth - 1));
      return array;
    }
    default: {
      auto object = nlohmann::json::object();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        object[*rc::gen::element<std::string>("model", "stream", "max_tokens", "x", "options")] =
            any_json(depth - 1);
      }
      return object;
    }
  }
}

TEST(ReadCall, AgreesWithAFullParser) {
  rc::check([] {
    auto json = nlohmann::json::object();
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
      json[*rc::gen::element<std::string>("model", "stream", "messages", "x")] = any_json(10);
    }
    const auto indent = *rc::gen::element(-1, 0, 2);
    const auto ascii = *rc::gen::arbitrary<bool>();
    const std::string body =
        json.dump(indent, ' ', ascii, nlohmann::json::error_handler_t::replace);
    const auto parsed = nlohmann::json::parse(body);

    const Call read = read_call(openai, kChat, kJson, body);

    const auto model = parsed.find("model");
    const bool named = model != parsed.end() && model->is_string() &&
                       model->get<std::string>().size() <= kModelBytes / 6;
    if (named) RC_ASSERT(read.model == model->get<std::string>());
    if (model == parsed.end() || !model->is_string()) RC_ASSERT(read.model.empty());
    const auto stream = parsed.find("stream");
    RC_ASSERT(read.stream == (stream != parsed.end() && *stream == true));
  });
}

}  // namespace
}  // namespace keypool::provider
