// What an answer used, as its provider counts it, in every shape an answer comes in.
#include "provider/usage.h"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <zlib.h>

#include "tests/provider/pieces.h"
#include "tests/provider/printed.h"

namespace keypool::provider {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kSse = "text/event-stream; charset=utf-8";
constexpr std::string_view kLines = "application/x-ndjson";

struct Answer {
  std::string name;
  Dialect dialect;
  std::string_view content_type;
  std::string body;
  Usage usage;
};

void PrintTo(const Answer& answer, std::ostream* out) { *out << answer.name; }

Usage reported(std::uint64_t input, std::uint64_t cached, std::uint64_t output) {
  return {
      .input_tokens = input, .cached_tokens = cached, .output_tokens = output, .reported = true};
}

Usage with(Usage usage, std::uint64_t Usage::*part, std::uint64_t tokens) {
  usage.*part = tokens;
  return usage;
}

Usage estimated(std::uint64_t input, std::uint64_t output) {
  return {.input_tokens = input, .output_tokens = output, .reported = false};
}

std::string crlf(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.insert(at, "\r");
  }
  return text;
}

std::string cr(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = '\r';
  }
  return text;
}

const std::string kChatStream =
    R"(data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":null}

data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hello, \"usage\":{"}}],"usage":null}

data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"c","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32}}}

data: [DONE]

)";

const std::string kAnthropicStart =
    R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi, this is it"}}

)";

const std::string kAnthropicEnd =
    R"(event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

)";

const std::vector<Answer>& answers() {
  static const std::vector<Answer> all{
      {"OpenaiChat", Dialect::openai, kJson,
       R"({"id":"c","choices":[{"message":{"role":"assistant","content":"Hi"}}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":3},"completion_tokens_details":{"reasoning_tokens":2,"audio_tokens":1,"accepted_prediction_tokens":0}}})",
       with(with(with(reported(10, 4, 5), &Usage::reasoning_tokens, 2), &Usage::audio_input_tokens,
                 3),
            &Usage::audio_output_tokens, 1)},
      {"OpenaiChatStream", Dialect::openai, kSse, kChatStream, reported(42, 32, 7)},
      {"ChatStreamInCrlf", Dialect::openai, kSse, crlf(kChatStream), reported(42, 32, 7)},
      {"ChatStreamInCr", Dialect::openai, kSse, cr(kChatStream), reported(42, 32, 7)},
      {"ChatStreamBehindAByteOrderMark", Dialect::openai, kSse, "\xEF\xBB\xBF" + kChatStream,
       reported(42, 32, 7)},
      {"LastEventWithoutBlankLine", Dialect::openai, kSse,
       R"(data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}})",
       reported(3, 0, 4)},
      {"DataInSeveralLines", Dialect::openai, kSse,
       "data: {\"choices\":[],\ndata:\"usage\":{\"prompt_tokens\":3,\ndata: "
       "\"completion_tokens\":4}}\n\n",
       reported(3, 0, 4)},
      {"CommentsBetween", Dialect::openai, kSse,
       ": OPENROUTER PROCESSING\n\n: keep-alive\ndata: "
       "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n: x\n\n",
       reported(3, 0, 4)},
      {"UsageOnAnEventWithAChoice", Dialect::openai, kSse,
       "data: "
       "{\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"usage\":{"
       "\"prompt_tokens\":8,\"completion_tokens\":9,\"cost\":0.0002}}\n\ndata: [DONE]\n\n",
       reported(8, 0, 9)},
      {"ContinuousUsageIsCumulative", Dialect::openai, kSse,
       "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n"
       "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n",
       reported(5, 0, 2)},
      {"GroqWithoutAsking", Dialect::openai, kSse,
       "data: {\"choices\":[],\"x_groq\":{\"id\":\"r\",\"usage\":{\"queue_time\":0.01,\"prompt_"
       "tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}}\n\n",
       reported(5, 0, 2)},
      {"MoonshotInTheChoice", Dialect::openai, kSse,
       "data: {\"choices\":[{\"index\":0,\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}]}"
       "\n\n",
       reported(5, 0, 2)},
      {"DeepseekPaddedWithBlankLines", Dialect::openai, kJson,
       std::string(20, '\n') +
           R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}})",
       reported(10, 6, 5)},
      {"XaiLeavesReasoningOutOfTheCompletion", Dialect::openai, kJson,
       R"({"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"completion_tokens_details":{"reasoning_tokens":94}}})",
       with(reported(32, 0, 103), &Usage::reasoning_tokens, 94)},
      {"Embeddings", Dialect::openai, kJson,
       R"({"data":[{"embedding":[0.1,-2e-3,4]}],"usage":{"prompt_tokens":8,"total_tokens":8}})",
       reported(8, 0, 0)},
      {"Responses", Dialect::openai, kJson,
       R"({"id":"r","output":[{"content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":42,"input_tokens_details":{"cached_tokens":10,"cache_write_tokens":5},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":49}})",
       with(with(reported(42, 10, 7), &Usage::cache_write_tokens, 5), &Usage::reasoning_tokens, 3)},
      {"ResponsesStream", Dialect::openai, kSse,
       R"(event: response.created
data: {"type":"response.created","response":{"id":"r","usage":null}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","delta":"Hi"}

event: response.completed
data: {"type":"response.completed","sequence_number":19,"response":{"id":"r","status":"completed","usage":{"input_tokens":42,"input_tokens_details":{"cached_tokens":0},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":49}}}

)",
       reported(42, 0, 7)},
      {"Realtime", Dialect::openai, kLines,
       R"({"type":"response.done","response":{"usage":{"total_tokens":30,"input_tokens":20,"output_tokens":10,"input_token_details":{"text_tokens":5,"audio_tokens":15,"cached_tokens":8},"output_token_details":{"text_tokens":2,"audio_tokens":8}}}})",
       with(with(reported(20, 8, 10), &Usage::audio_input_tokens, 15), &Usage::audio_output_tokens,
            8)},
      {"Anthropic", Dialect::anthropic, kJson,
       R"({"type":"message","content":[{"type":"text","text":"Hi"}],"usage":{"input_tokens":100,"cache_creation_input_tokens":50,"cache_read_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":30},"output_tokens":9,"output_tokens_details":{"thinking_tokens":4},"service_tier":"standard"}})",
       with(with(with(reported(2150, 2000, 9), &Usage::cache_write_tokens, 20),
                 &Usage::cache_write_1h_tokens, 30),
            &Usage::reasoning_tokens, 4)},
      {"AnthropicStream", Dialect::anthropic, kSse, kAnthropicStart + kAnthropicEnd,
       reported(2012, 2000, 15)},
      {"AnthropicInputTokensReappear", Dialect::anthropic, kSse,
       kAnthropicStart +
           "event: message_delta\ndata: "
           "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"input_tokens\":300,\"cache_read_"
           "input_tokens\":2500,\"output_tokens\":15}}\n\n",
       reported(2800, 2500, 15)},
      {"AnthropicToolInputIsNoUsage", Dialect::anthropic, kJson,
       R"({"content":[{"type":"tool_use","input":{"usage":{"input_tokens":999999,"output_tokens":999999}}}],"usage":{"input_tokens":1,"output_tokens":2}})",
       reported(1, 0, 2)},
      {"AnthropicCountIsNoUsage", Dialect::anthropic, kJson, R"({"input_tokens":2095})",
       estimated(0, 0)},
      {"Gemini", Dialect::gemini, kJson,
       R"({"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":20,"cachedContentTokenCount":4,"toolUsePromptTokenCount":6,"totalTokenCount":38}})",
       with(with(reported(15, 4, 23), &Usage::reasoning_tokens, 20), &Usage::tool_input_tokens, 6)},
      {"GeminiModalities", Dialect::gemini, kJson,
       R"({"usageMetadata":{"promptTokenCount":1300,"candidatesTokenCount":1320,"totalTokenCount":2620,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"IMAGE","tokenCount":258},{"modality":"AUDIO","tokenCount":32}],"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290},{"modality":"TEXT","tokenCount":30}]}})",
       with(with(with(reported(1300, 0, 1320), &Usage::image_input_tokens, 258),
                 &Usage::audio_input_tokens, 32),
            &Usage::image_output_tokens, 1290)},
      {"OpenaiImages", Dialect::openai, kJson,
       R"({"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"total_tokens":100,"input_tokens":50,"output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40},"output_tokens_details":{"image_tokens":50,"text_tokens":0}}})",
       with(with(reported(50, 0, 50), &Usage::image_input_tokens, 40), &Usage::image_output_tokens,
            50)},
      {"GeminiStream", Dialect::gemini, kSse,
       crlf(
           R"(data: {"candidates":[{"content":{"parts":[{"text":"H"}]}}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}

data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":20,"totalTokenCount":32},"modelVersion":"g"}

)"),
       with(reported(9, 0, 23), &Usage::reasoning_tokens, 20)},
      {"GeminiArrayStream", Dialect::gemini, kJson,
       "[{\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":1}}"
       "\n"
       ",\r\n{\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":3}}\n]",
       reported(9, 0, 3)},
      {"GeminiInteractions", Dialect::gemini, kSse,
       "event: interaction.completed\ndata: "
       "{\"event_type\":\"interaction.completed\",\"interaction\":{\"id\":\"i\",\"usage\":{\"total_"
       "input_tokens\":11,\"total_output_tokens\":5,\"total_thought_tokens\":7,\"total_cached_"
       "tokens\":2,\"total_tool_use_tokens\":1,\"total_tokens\":24}}}\n\n",
       with(with(reported(12, 2, 12), &Usage::reasoning_tokens, 7), &Usage::tool_input_tokens, 1)},
      {"GeminiBehindOpenaisShape", Dialect::gemini, kJson,
       R"({"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":32}})",
       reported(9, 0, 23)},
      {"BedrockConverse", Dialect::openai, kJson,
       R"({"usage":{"inputTokens":10,"outputTokens":5,"cacheReadInputTokens":100,"cacheWriteInputTokens":7,"totalTokens":122}})",
       with(reported(117, 100, 5), &Usage::cache_write_tokens, 7)},
      {"CohereV2", Dialect::openai, kJson,
       R"({"message":{"content":[{"text":"Hi"}]},"usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":71,"output_tokens":2},"cached_tokens":1}})",
       reported(5, 1, 2)},
      {"CohereV2Stream", Dialect::openai, kSse,
       "event: message-end\ndata: "
       "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_"
       "units\":{\"input_tokens\":5,\"output_tokens\":2}}}}\n\n",
       reported(5, 0, 2)},
      {"CohereV1Lines", Dialect::openai, "application/stream+json",
       "{\"event_type\":\"text-generation\",\"text\":\"Hi\"}\n"
       "{\"event_type\":\"stream-end\",\"response\":{\"meta\":{\"billed_units\":{\"input_tokens\":"
       "5,"
       "\"output_tokens\":2}}}}\n",
       reported(5, 0, 2)},
      {"Ollama", Dialect::openai, kLines,
       "{\"model\":\"m\",\"message\":{\"content\":\"Hi\"},\"done\":false}\n"
       "{\"model\":\"m\",\"done\":true,\"prompt_eval_count\":26,\"eval_count\":9,\"eval_duration\":"
       "180000000}\n",
       reported(26, 0, 9)},
      {"AGarbledLineSpoilsNoOther", Dialect::openai, kLines,
       "{\"message\":[{[[\"\n{\"done\":true,\"prompt_eval_count\":26,\"eval_count\":9}\n",
       reported(26, 0, 9)},
      {"AGarbledEventSpoilsNoOther", Dialect::openai, kSse,
       "data: {\"usage\":{[[\"\n\n" + kChatStream, reported(42, 32, 7)},
      {"EscapedNames", Dialect::openai, kJson,
       R"({"us\u0061ge":{"prompt\u005ftokens":3,"completion_tokens":4}})", reported(3, 0, 4)},
      {"NumbersInOddSpellings", Dialect::openai, kJson,
       R"({"usage":{"prompt_tokens":1.2e1,"completion_tokens":4.0}})", reported(12, 0, 4)},
      {"AbsurdNumbersAreIgnored", Dialect::openai, kJson,
       R"({"usage":{"prompt_tokens":-5,"completion_tokens":1e300,"total_tokens":"12"}})",
       estimated(0, 0)},
      {"CutChatStreamCountsItsText", Dialect::openai, kSse,
       kChatStream.substr(0, kChatStream.find("data: {\"id\":\"c\",\"choices\":[]")),
       estimated(0, 6)},
      {"CutAnthropicStreamKeepsItsInput", Dialect::anthropic, kSse, kAnthropicStart,
       with(estimated(2012, 5), &Usage::cached_tokens, 2000)},
      {"CutInsideTheText", Dialect::openai, kJson,
       R"({"choices":[{"message":{"content":"twelve bytes)", estimated(0, 4)},
      {"CutResponsesStreamCountsTextOnce", Dialect::openai, kSse,
       "data: {\"type\":\"response.output_text.delta\",\"delta\":\"abc\"}\n\n"
       "data: {\"type\":\"response.content_part.done\",\"part\":{\"text\":\"abc\"}}\n\n"
       "data: "
       "{\"type\":\"response.output_item.done\",\"item\":{\"content\":[{\"text\":\"abc\"}]}}\n\n",
       estimated(0, 1)},
      {"CutToolCallCountsItsArguments", Dialect::openai, kSse,
       "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\","
       "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]}}]}\n\n",
       estimated(0, 3)},
      {"CutGeminiStreamKeepsWhatItTold", Dialect::gemini, kSse,
       "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"abc\"}]}}]}\r\n\r\n",
       estimated(0, 1)},
      {"CutOllamaStreamCountsItsText", Dialect::openai, kLines,
       "{\"message\":{\"role\":\"assistant\",\"content\":\"abcdef\"},\"done\":false}\n",
       estimated(0, 2)},
      {"NoJsonAtAll", Dialect::openai, kJson, "<html>\"usage\":{\"prompt_tokens\":5}</html>",
       estimated(0, 0)},
      {"Empty", Dialect::openai, kSse, "", estimated(0, 0)},
  };
  return all;
}

Usage usage_of(const Answer& answer, const std::vector<std::string_view>& pieces,
               std::string_view coding = "") {
  const auto tap = make_usage_tap(answer.dialect, answer.content_type, coding);
  for (const std::string_view piece : pieces) tap->feed(piece);
  return tap->finish();
}

class UsageOf : public testing::TestWithParam<Answer> {};

TEST_P(UsageOf, WholeBytes) {
  EXPECT_EQ(usage_of(GetParam(), {GetParam().body}), GetParam().usage);
}

TEST_P(UsageOf, OneByteAtATime) {
  EXPECT_EQ(usage_of(GetParam(), one_byte_pieces(GetParam().body)), GetParam().usage);
}

TEST_P(UsageOf, BytesCutAnywhere) {
  rc::check(
      [&] { RC_ASSERT(usage_of(GetParam(), random_pieces(GetParam().body)) == GetParam().usage); });
}

std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

TEST_P(UsageOf, Compressed) {
  const Answer& answer = GetParam();
  for (const auto& [coding, bits] : {std::pair{"gzip", kGzip}, std::pair{"x-gzip", kGzip},
                                     std::pair{"deflate", kZlib}, std::pair{"deflate", kRaw}}) {
    const std::string coded = deflated(answer.body, bits);
    EXPECT_EQ(usage_of(answer, {coded}, coding), answer.usage) << coding << bits;
    EXPECT_EQ(usage_of(answer, one_byte_pieces(coded), coding), answer.usage) << coding << bits;
  }
}

INSTANTIATE_TEST_SUITE_P(Answers, UsageOf, testing::ValuesIn(answers()),
                         [](const auto& answer) { return answer.param.name; });

const Answer& chat_stream() { return answers()[1]; }

TEST(UsageTap, ReadsGzipMembersInARow) {
  const std::string& body = chat_stream().body;
  const std::string coded =
      deflated(body.substr(0, 300), kGzip) + deflated(body.substr(300), kGzip);

  EXPECT_EQ(usage_of(chat_stream(), {coded}, "gzip"), chat_stream().usage);
}

TEST(UsageTap, ABrokenCodingGivesWhatWasReadBefore) {
  std::string coded = deflated(chat_stream().body, kGzip);
  coded.resize(coded.size() / 4);
  coded += "garbage garbage garbage garbage";

  EXPECT_FALSE(usage_of(chat_stream(), {coded}, "gzip").reported);
  EXPECT_FALSE(usage_of(chat_stream(), {"not gzip at all"}, "gzip").reported);
}

TEST(UsageTap, AnUnknownCodingIsEstimatedBySize) {
  EXPECT_EQ(usage_of(chat_stream(), {"0123456789", "ab"}, "br"), estimated(0, 4));
}

TEST(UsageTap, IdentityIsNoCoding) {
  EXPECT_EQ(usage_of(chat_stream(), {chat_stream().body}, "identity"), chat_stream().usage);
}

TEST(UsageTap, KindsWithoutUsageHaveNone) {
  for (const auto* type : {"image/png", "audio/mpeg", "video/mp4", "application/octet-stream",
                           "text/html", "text/plain; charset=utf-8", "application/pdf"}) {
    EXPECT_EQ(make_usage_tap(Dialect::openai, type, ""), nullptr) << type;
  }
  EXPECT_NE(make_usage_tap(Dialect::openai, "", ""), nullptr);
  EXPECT_NE(make_usage_tap(Dialect::openai, "Application/JSON", ""), nullptr);
}

TEST(UsageTap, AnEventOfMegabytesPassesPiecewise) {
  const auto tap = make_usage_tap(Dialect::openai, kSse, "");
  tap->feed(R"(data: {"type":"response.created","response":{"instructions":")");
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 4096; ++i) tap->feed(kilobyte);
  tap->feed("\",\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}}\n\n");

  EXPECT_EQ(tap->finish(), reported(5, 0, 6));
}

TEST(UsageTap, AnyBytesGiveSomeUsageWhicheverWayTheyAreCut) {
  rc::check([](const std::string& noise) {
    for (const std::string_view type : {kJson, kSse, kLines}) {
      const Answer answer{"", Dialect::openai, type, noise, {}};
      RC_ASSERT(usage_of(answer, {noise}) == usage_of(answer, random_pieces(noise)));
    }
  });
}

TEST(UsageTap, DamagedAnswersGiveTheSameWhicheverWayTheyAreCut) {
  rc::check([] {
    const Answer& answer = *rc::gen::elementOf(answers());
    std::string body = answer.body;
    const auto hits = *rc::gen::inRange(0, 5);
    for (int i = 0; i < hits && !body.empty(); ++i) {
      body[*rc::gen::inRange<std::size_t>(0, body.size())] =
          *rc::gen::elementOf(std::string("\"\\{}[],:\r\n x0"));
    }
    RC_ASSERT(usage_of(answer, {body}) == usage_of(answer, random_pieces(body)));
  });
}

}  // namespace
}  // namespace keypool::provider
