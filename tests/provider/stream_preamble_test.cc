// Which beginnings of a stream can still be moved to another key.
#include "provider/stream_preamble.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/provider/pieces.h"

namespace keypool::provider {
namespace {

using enum Dialect;

constexpr WallTime kNow{std::chrono::seconds(1'795'435'200)};
constexpr std::string_view kSse = "text/event-stream";
constexpr std::string_view kLines = "application/x-ndjson";
constexpr std::string_view kJson = "application/json";

struct Event {
  std::string name;
  std::string data;
  bool is_preamble;
};

void PrintTo(const Event& event, std::ostream* out) { *out << event.name; }

class PreambleEvent : public testing::TestWithParam<Event> {};

TEST_P(PreambleEvent, IsToldFromContent) {
  EXPECT_EQ(is_preamble_event(GetParam().data), GetParam().is_preamble);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, PreambleEvent,
    testing::Values(
        Event{"CommentsOnly", "", true},
        Event{"ResponsesCreated",
              R"({"type":"response.created","response":{"id":"r","error":null,"output":[]}})",
              true},
        Event{"ResponsesQueued", R"({"type":"response.queued","response":{"id":"r"}})", true},
        Event{"ResponsesInProgress", R"({"type":"response.in_progress","sequence_number":1})",
              true},
        Event{"ResponsesItemAdded", R"({"type":"response.output_item.added","item":{}})", false},
        Event{"ResponsesDelta", R"({"type":"response.output_text.delta","delta":"x"})", false},
        Event{"AnthropicStart", R"({"type":"message_start","message":{"id":"m","content":[]}})",
              true},
        Event{"AnthropicPing", R"({"type":"ping"})", true},
        Event{
            "AnthropicBlock",
            R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
            true},
        Event{
            "AnthropicThinkingBlock",
            R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
            true},
        Event{
            "AnthropicToolBlock",
            R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}})",
            true},
        Event{
            "AnthropicBlockWithResults",
            R"({"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"t","content":[{"url":"u"}]}})",
            false},
        Event{
            "AnthropicDelta",
            R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}})",
            false},
        Event{
            "ChatRoleOnly",
            R"({"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null})",
            true},
        Event{"ChatText", R"({"choices":[{"index":0,"delta":{"content":"x"}}]})", false},
        Event{"ChatReasoning", R"({"choices":[{"delta":{"content":"","reasoning_content":"x"}}]})",
              false},
        Event{"ChatToolCall", R"({"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})", false},
        Event{"ChatFinish", R"({"choices":[{"delta":{},"finish_reason":"stop"}]})", false},
        Event{"ChatUsage", R"({"choices":[],"usage":{"prompt_tokens":1}})", false},
        Event{"AzurePromptFilter",
              R"({"choices":[],"created":0,"id":"","prompt_filter_results":[{"prompt_index":0}]})",
              true},
        Event{"TextCompletion", R"({"choices":[{"index":0,"text":"x"}]})", false},
        Event{"TextCompletionEmpty", R"({"choices":[{"index":0,"text":"","finish_reason":null}]})",
              true},
        Event{"GeminiText",
              R"({"candidates":[{"content":{"parts":[{"text":"x"}],"role":"model"}}]})", false},
        Event{"GeminiRoleOnly", R"({"candidates":[{"content":{"role":"model"},"index":0}]})", true},
        Event{"GeminiUsageOnly", R"({"usageMetadata":{"promptTokenCount":9},"modelVersion":"g"})",
              true},
        Event{
            "GeminiBlocked",
            R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9}})",
            false},
        Event{"OllamaChatEmpty",
              R"({"model":"m","message":{"role":"assistant","content":""},"done":false})", true},
        Event{"OllamaChatText",
              R"({"model":"m","message":{"role":"assistant","content":"x"},"done":false})", false},
        Event{"OllamaGenerateEmpty", R"({"model":"m","response":"","done":false})", true},
        Event{"OllamaDone", R"({"message":{"role":"assistant","content":""},"done":true})", false},
        Event{"CohereStart", R"({"type":"message-start","id":"c","delta":{"message":{}}})", true},
        Event{"CohereV1Start", R"({"event_type":"stream-start","generation_id":"g"})", true},
        Event{"Error", R"({"error":{"message":"x"}})", false},
        Event{"ErrorBesideAnEmptyChoice", R"({"choices":[{"delta":{}}],"error":{"code":502}})",
              false},
        Event{"Done", "[DONE]", false}, Event{"NoJson", "hello", false},
        Event{"SomethingNew", R"({"type":"response.something"})", false},
        Event{"NoMarks", R"({"id":"x"})", false}),
    [](const auto& event) { return event.param.name; });

struct Stream {
  std::string name;
  Dialect dialect;
  std::string_view content_type;
  std::string bytes;
  StreamStart start;
  VerdictKind refusal = VerdictKind::success;
};

void PrintTo(const Stream& stream, std::ostream* out) { *out << stream.name; }

const std::string kCreated =
    "event: response.created\ndata: "
    "{\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n";
const std::string kAzureRefusal =
    kCreated +
    "event: error\ndata: "
    "{\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"x\"}\n\n"
    "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":"
    "\"rate_limit_exceeded\"}}}\n\n";
const std::string kAnthropicStart =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{}}}\n\n"
    "event: ping\ndata: {\"type\": \"ping\"}\n\n";
const std::string kAnthropicError =
    "event: error\ndata: "
    "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

const std::vector<Stream>& streams() {
  static const std::vector<Stream> all{
      {"NothingYet", openai, kSse, "", StreamStart::preamble},
      {"CommentsOnly", openai, kSse, ": OPENROUTER PROCESSING\n\n: keep-alive\n\n",
       StreamStart::preamble},
      {"OnlyCreated", openai, kSse, kCreated, StreamStart::preamble},
      {"Row60_AzureRefusesInTheSameBurst", azure_openai, kSse, kAzureRefusal, StreamStart::refused,
       VerdictKind::throttled},
      {"Row60_AnthropicOverloadedBeforeContent", anthropic, kSse, kAnthropicStart + kAnthropicError,
       StreamStart::refused, VerdictKind::overloaded},
      {"AnthropicOverloadedAfterContent", anthropic, kSse,
       kAnthropicStart + "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"x\"}}\n\n" +
           kAnthropicError,
       StreamStart::content},
      {"Row60_OpenRouterErrorIsTheFirstEvent", openai, kSse,
       ": OPENROUTER PROCESSING\n\ndata: {\"error\":{\"code\":\"502\",\"message\":\"x\"},"
       "\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
       StreamStart::refused, VerdictKind::overloaded},
      {"ChatErrorAfterTheRole", openai, kSse,
       "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\r\n\r\ndata: "
       "{\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\r\n\r\n",
       StreamStart::refused, VerdictKind::server_error},
      {"GeminiErrorChunk", gemini, kSse,
       "data: {\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}\r\n\r\n",
       StreamStart::refused, VerdictKind::throttled},
      {"GeminiArrayError", gemini, kJson,
       "[{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"a } ] \\\" b\"}}\n]",
       StreamStart::refused, VerdictKind::overloaded},
      {"GeminiArrayErrorBehindAnEmptyElement", gemini, kJson,
       "[{\"usageMetadata\":{}}\r\n,\r\n{\"error\":{\"code\":429}}\n]", StreamStart::refused,
       VerdictKind::throttled},
      {"GeminiArrayContent", gemini, kJson,
       "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}\n", StreamStart::content},
      {"JsonBodyWithAnError", openai, kJson, "\n\n{\"error\":{\"code\":502,\"message\":\"x\"}}",
       StreamStart::refused, VerdictKind::overloaded},
      {"JsonBodyUnderWay", openai, kJson, "{\"id\":\"c\",\"choices\":[{\"mess",
       StreamStart::preamble},
      {"OllamaErrorLine", openai, kLines,
       "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n{\"error\":\"x\"}"
       "\n",
       StreamStart::refused, VerdictKind::server_error},
      {"OllamaContent", openai, kLines, "{\"response\":\"x\",\"done\":false}\n",
       StreamStart::content},
      {"HeldNoLongerThanTheWindow", openai, kSse,
       "data: {\"type\":\"response.created\",\"response\":{\"instructions\":\"" +
           std::string(kPreambleBytes, 'x'),
       StreamStart::content},
  };
  return all;
}

StreamStart start_of(const Stream& stream, const std::vector<std::string_view>& pieces,
                     VerdictKind& refusal) {
  StreamPreamble preamble(stream.dialect, stream.content_type);
  StreamStart start = StreamStart::preamble;
  for (const std::string_view piece : pieces) start = preamble.feed(piece, kNow);
  refusal = preamble.refusal().kind;
  return start;
}

class Preamble : public testing::TestWithParam<Stream> {};

TEST_P(Preamble, EndsAtTheFirstContentOrError) {
  VerdictKind refusal{};
  EXPECT_EQ(start_of(GetParam(), {GetParam().bytes}, refusal), GetParam().start);
  EXPECT_EQ(to_string(refusal), to_string(GetParam().refusal));
}

TEST_P(Preamble, OneByteAtATime) {
  VerdictKind refusal{};
  EXPECT_EQ(start_of(GetParam(), one_byte_pieces(GetParam().bytes), refusal), GetParam().start);
  EXPECT_EQ(to_string(refusal), to_string(GetParam().refusal));
}

INSTANTIATE_TEST_SUITE_P(Streams, Preamble, testing::ValuesIn(streams()),
                         [](const auto& stream) { return stream.param.name; });

TEST(Preamble, AnErrorWithoutItsBlankLineCountsAtTheEnd) {
  StreamPreamble preamble(openai, kSse);

  EXPECT_EQ(preamble.feed(R"(data: {"error":{"code":429,"message":"x"}})", kNow),
            StreamStart::preamble);
  EXPECT_EQ(preamble.finish(kNow), StreamStart::refused);
  EXPECT_EQ(preamble.refusal().kind, VerdictKind::throttled);
}

TEST(Preamble, CutsMakeNoDifference) {
  rc::check([] {
    const Stream& stream = *rc::gen::elementOf(streams());
    VerdictKind refusal{};
    if (stream.bytes.size() > 4096) return;
    RC_ASSERT(start_of(stream, random_pieces(stream.bytes), refusal) == stream.start);
  });
}

}  // namespace
}  // namespace keypool::provider
