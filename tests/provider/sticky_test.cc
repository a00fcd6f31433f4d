// What belongs to the account that made it: what requests name, what answers make.
#include "provider/sticky.h"

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "provider/call.h"
#include "provider/usage.h"
#include "tests/provider/pieces.h"

namespace keypool::provider {
namespace {

using enum Dialect;

std::vector<std::string> sorted(std::span<const std::string> ids) {
  std::vector<std::string> out(ids.begin(), ids.end());
  std::sort(out.begin(), out.end());
  return out;
}

struct Request {
  std::string name;
  Dialect dialect;
  std::string target;
  std::string body;
  std::vector<std::string> ids;  // sorted
};

void PrintTo(const Request& request, std::ostream* out) { *out << request.name; }

class Named : public testing::TestWithParam<Request> {};

TEST_P(Named, IdsAreFound) {
  const Call call =
      read_call(GetParam().dialect, GetParam().target, "application/json", GetParam().body);

  EXPECT_EQ(sorted(call.resources.all()), GetParam().ids);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Named,
    testing::Values(
        Request{"PlainChat",
                openai,
                "/v1/chat/completions",
                R"({"model":"m","messages":[{"content":"file_id previous_response_id"}]})",
                {}},
        Request{"OpenaiFile", openai, "/v1/files/file-abc/content", "", {"file-abc"}},
        Request{"OpenaiBatchCancel", openai, "/v1/batches/batch_1/cancel?x=1", "", {"batch_1"}},
        Request{"OpenaiBatchOfAFile",
                openai,
                "/v1/batches",
                R"({"input_file_id":"file-abc","endpoint":"/v1/responses"})",
                {"file-abc"}},
        Request{"OpenaiVectorStoreFile",
                openai,
                "/v1/vector_stores/vs_1/files/file-abc",
                "",
                {"file-abc", "vs_1"}},
        Request{
            "OpenaiFineTuningJob", openai, "/v1/fine_tuning/jobs/ftjob-1/events", "", {"ftjob-1"}},
        Request{"OpenaiFineTunedModel",
                openai,
                "/v1/chat/completions",
                R"({"model":"ft:gpt-4o:acme::1"})",
                {"ft:gpt-4o:acme::1"}},
        Request{"OpenaiPreviousResponse",
                openai,
                "/v1/responses",
                R"({"model":"m","previous_response_id":"resp_1","input":"x"})",
                {"resp_1"}},
        Request{
            "OpenaiResponseInputItems", openai, "/v1/responses/resp_1/input_items", "", {"resp_1"}},
        Request{"OpenaiResponsesVerbIsNoId", openai, "/v1/responses/input_tokens", "{}", {}},
        Request{"OpenaiConversationAsText",
                openai,
                "/v1/responses",
                R"({"conversation":"conv_1"})",
                {"conv_1"}},
        Request{
            "OpenaiConversationAsObject",
            openai,
            "/v1/responses",
            R"({"conversation":{"id":"conv_1"},"tools":[{"type":"code_interpreter","container":"cntr_1"},{"type":"file_search","vector_store_ids":["vs_1","vs_2"]}]})",
            {"cntr_1", "conv_1", "vs_1", "vs_2"}},
        Request{
            "OpenaiReasoningItem",
            openai,
            "/v1/responses",
            R"({"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"AAAA"},{"type":"message","id":"msg_1","content":[{"type":"input_file","file_id":"file-abc"}]}]})",
            {"file-abc", "rs_1"}},
        Request{
            "OpenaiChatFile",
            openai,
            "/v1/chat/completions",
            R"({"messages":[{"content":[{"type":"file","file":{"file_id":"file-\u0061bc"}}]}]})",
            {"file-abc"}},
        Request{"OpenaiRun", openai, "/v1/threads/thread_1/runs/run_1", "", {"run_1", "thread_1"}},
        Request{"OpenaiAssistantRun",
                openai,
                "/v1/threads/thread_1/runs",
                R"({"assistant_id":"asst_1"})",
                {"asst_1", "thread_1"}},
        Request{"OpenaiStoredCompletion",
                openai,
                "/v1/chat/completions/chatcmpl-1",
                "",
                {"chatcmpl-1"}},
        Request{"OpenaiVideo", openai, "/v1/videos/video_1/content", "", {"video_1"}},
        Request{"AzureDeploymentIsNone",
                azure_openai,
                "/openai/deployments/prod/chat/completions?api-version=1",
                "{}",
                {}},
        Request{"AzureFile",
                azure_openai,
                "/openai/files/assistant-1?api-version=1",
                "",
                {"assistant-1"}},
        Request{"AnthropicBatchResults",
                anthropic,
                "/v1/messages/batches/msgbatch_1/results",
                "",
                {"msgbatch_1"}},
        Request{
            "AnthropicFileAndContainer",
            anthropic,
            "/v1/messages",
            R"({"container":{"id":"container_1","skills":[{"skill_id":"skill_1"}]},"messages":[{"content":[{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]})",
            {"container_1", "file_1", "skill_1"}},
        Request{
            "GeminiFileUri",
            gemini,
            "/v1beta/models/g:generateContent",
            R"({"contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc-1"}}]}]})",
            {"abc-1"}},
        Request{
            "GeminiVideoElsewhereIsNone",
            gemini,
            "/v1beta/models/g:generateContent",
            R"({"contents":[{"parts":[{"fileData":{"fileUri":"https://video.example/watch?v=1"}}]}]})",
            {}},
        Request{"GeminiCache",
                gemini,
                "/v1beta/models/g:generateContent",
                R"({"cachedContent":"cachedContents/xyz"})",
                {"xyz"}},
        Request{"GeminiCachePath", gemini, "/v1beta/cachedContents/xyz", "", {"xyz"}},
        Request{"GeminiTunedModel",
                gemini,
                "/v1beta/tunedModels/mine-1:generateContent",
                "{}",
                {"mine-1"}},
        Request{"GeminiOperation", gemini, "/v1beta/models/veo/operations/op1", "", {"op1"}},
        Request{"GeminiInteraction",
                gemini,
                "/v1beta/interactions",
                R"({"previous_interaction_id":"v1_abc"})",
                {"v1_abc"}},
        Request{"GeminiResumedUpload",
                gemini,
                "/upload/v1beta/files?upload_id=ABC%2B1&upload_protocol=resumable",
                "",
                {"ABC+1"}},
        Request{"MistralBatchJob", openai, "/v1/batch/jobs/3f2a", "", {"3f2a"}},
        Request{"MistralConversation", openai, "/v1/conversations/c0ffee/history", "", {"c0ffee"}},
        Request{"MistralAgentsCompletionsNameTheAgent",
                openai,
                "/v1/agents/completions",
                R"({"agent_id":"ag_1"})",
                {"ag_1"}},
        Request{"OpenRouterGeneration", openai, "/v1/generation?id=gen-1", "", {"gen-1"}},
        Request{"TogetherFineTune", openai, "/v1/fine-tunes/ft-1/events", "", {"ft-1"}},
        Request{"CohereDataset", openai, "/v1/datasets/ds-1", "", {"ds-1"}},
        Request{"TooLongIsNone", openai, "/v1/files/" + std::string(129, 'x'), "", {}}),
    [](const auto& request) { return request.param.name; });

TEST(Named, IdsAreBounded) {
  std::string list = "[";
  for (int i = 0; i < 1000; ++i) list += "\"vs_" + std::to_string(i) + "\",";
  const Call call = read_call(openai, "/v1/responses", "application/json",
                              R"({"vector_store_ids":)" + list + "\"vs_0\"]}");

  EXPECT_EQ(call.resources.all().size(), ResourceIds::kMost);
}

struct Collection {
  std::string name;
  Dialect dialect;
  std::string method;
  std::string target;
  bool is_collection;
};

void PrintTo(const Collection& one, std::ostream* out) { *out << one.name; }

class CollectionCall : public testing::TestWithParam<Collection> {};

TEST_P(CollectionCall, GoesToTheKeyOfTheRule) {
  EXPECT_EQ(is_collection_call(GetParam().dialect, GetParam().method, GetParam().target),
            GetParam().is_collection);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, CollectionCall,
    testing::Values(
        Collection{"ListFiles", openai, "GET", "/v1/files?limit=10", true},
        Collection{"UploadFile", openai, "POST", "/v1/files", true},
        Collection{"ListBatches", openai, "GET", "/v1/batches/", true},
        Collection{"OneBatch", openai, "GET", "/v1/batches/batch_1", false},
        Collection{"ListStoredCompletions", openai, "GET", "/v1/chat/completions", true},
        Collection{"Chat", openai, "POST", "/v1/chat/completions", false},
        Collection{"Responses", openai, "POST", "/v1/responses", false},
        Collection{"NewConversation", openai, "POST", "/v1/conversations", false},
        Collection{"Models", openai, "GET", "/v1/models", false},
        Collection{"AnthropicBatches", anthropic, "POST", "/v1/messages/batches", true},
        Collection{"AnthropicMessages", anthropic, "POST", "/v1/messages", false},
        Collection{"GeminiUpload", gemini, "POST", "/upload/v1beta/files", true},
        Collection{"GeminiCaches", gemini, "GET", "/v1beta/cachedContents", true},
        Collection{"GeminiGenerate", gemini, "POST", "/v1beta/models/g:generateContent", false},
        Collection{"AzureDeployments", azure_openai, "GET", "/openai/deployments", false},
        Collection{"CohereDatasets", openai, "POST", "/v1/datasets", true}),
    [](const auto& one) { return one.param.name; });

struct Answer {
  std::string name;
  Dialect dialect;
  std::string method;
  std::string target;
  std::string_view content_type;
  std::string body;
  std::vector<std::string> ids;  // sorted
  bool stored = false;
};

void PrintTo(const Answer& answer, std::ostream* out) { *out << answer.name; }

class Made : public testing::TestWithParam<Answer> {};

std::vector<std::string> made(const Answer& answer, const std::vector<std::string_view>& pieces) {
  const Kept kept = kept_by(answer.dialect, answer.method, answer.target, answer.stored);
  const auto tap = make_usage_tap(answer.dialect, answer.content_type, "", kept);
  for (const std::string_view piece : pieces) tap->feed(piece);
  static_cast<void>(tap->finish());
  return sorted(tap->resources());
}

TEST_P(Made, IdsAreFound) { EXPECT_EQ(made(GetParam(), {GetParam().body}), GetParam().ids); }

TEST_P(Made, OneByteAtATime) {
  EXPECT_EQ(made(GetParam(), one_byte_pieces(GetParam().body)), GetParam().ids);
}

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kSse = "text/event-stream";

INSTANTIATE_TEST_SUITE_P(
    Answers, Made,
    testing::Values(
        Answer{"OpenaiFile",
               openai,
               "POST",
               "/v1/files",
               kJson,
               R"({"id":"file-abc","object":"file","filename":"x.jsonl"})",
               {"file-abc"}},
        Answer{
            "OpenaiBatchAndItsOutput",
            openai,
            "GET",
            "/v1/batches/batch_1",
            kJson,
            R"({"id":"batch_1","input_file_id":"file-in","output_file_id":"file-out","error_file_id":null})",
            {"batch_1", "file-out"}},
        Answer{"OpenaiList",
               openai,
               "GET",
               "/v1/files",
               kJson,
               R"({"object":"list","data":[{"id":"file-1"},{"id":"file-2"}]})",
               {"file-1", "file-2"}},
        Answer{
            "OpenaiResponse",
            openai,
            "POST",
            "/v1/responses",
            kJson,
            R"({"id":"resp_1","conversation":{"id":"conv_1"},"output":[{"type":"reasoning","id":"rs_1"},{"type":"message","id":"msg_1"},{"type":"code_interpreter_call","id":"ci_1","container_id":"cntr_1"}]})",
            {"cntr_1", "conv_1", "resp_1", "rs_1"}},
        Answer{
            "OpenaiResponseStream",
            openai,
            "POST",
            "/v1/responses",
            kSse,
            "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"output\":[]}}"
            "\n\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\","
            "\"output\":[{\"id\":\"rs_1\",\"type\":\"reasoning\"}]}}\n\n",
            {"resp_1", "rs_1"}},
        Answer{"ChatIsNotKept",
               openai,
               "POST",
               "/v1/chat/completions",
               kJson,
               R"({"id":"chatcmpl-1"})",
               {}},
        Answer{"ChatAskedToBeStored",
               openai,
               "POST",
               "/v1/chat/completions",
               kJson,
               R"({"id":"chatcmpl-1"})",
               {"chatcmpl-1"},
               true},
        Answer{
            "FineTunedModel",
            openai,
            "GET",
            "/v1/fine_tuning/jobs/ftjob-1",
            kJson,
            R"({"id":"ftjob-1","fine_tuned_model":"ft:gpt-4o:acme::1","result_files":["file-r"]})",
            {"file-r", "ft:gpt-4o:acme::1", "ftjob-1"}},
        Answer{"AnthropicBatch",
               anthropic,
               "POST",
               "/v1/messages/batches",
               kJson,
               R"({"id":"msgbatch_1","type":"message_batch"})",
               {"msgbatch_1"}},
        Answer{
            "AnthropicContainerAndItsFile",
            anthropic,
            "POST",
            "/v1/messages",
            kJson,
            R"({"id":"msg_1","container":{"id":"container_1"},"content":[{"type":"code_execution_tool_result","content":{"content":[{"file_id":"file_1"}]}}]})",
            {"container_1", "file_1"}},
        Answer{
            "AnthropicContainerInAStream",
            anthropic,
            "POST",
            "/v1/messages",
            kSse,
            "data: {\"type\":\"message_delta\",\"delta\":{\"container\":{\"id\":\"container_1\"}}"
            "}\n\n",
            {"container_1"}},
        Answer{"WhatAModelGivesItsToolsIsNone",
               anthropic,
               "POST",
               "/v1/messages",
               kJson,
               R"({"id":"msg_1","content":[{"type":"tool_use","input":{"file_id":"file_1"}}]})",
               {}},
        Answer{"WhatAClientNotesDownIsNone",
               openai,
               "POST",
               "/v1/responses",
               kJson,
               R"({"id":"resp_1","metadata":{"file_id":"file-of-somebody-else"}})",
               {"resp_1"}},
        Answer{
            "GeminiUploadedFile",
            gemini,
            "POST",
            "/upload/v1beta/files",
            kJson,
            R"({"file":{"name":"files/abc","displayName":"x","uri":"https://g/v1beta/files/abc"}})",
            {"abc"}},
        Answer{"GeminiCache",
               gemini,
               "POST",
               "/v1beta/cachedContents",
               kJson,
               R"({"name":"cachedContents/xyz","model":"models/g"})",
               {"xyz"}},
        Answer{
            "GeminiInteraction",
            gemini,
            "POST",
            "/v1beta/interactions",
            kSse,
            "data: {\"event_type\":\"interaction.start\",\"interaction\":{\"id\":\"v1_abc\"}}\n\n",
            {"v1_abc"}},
        Answer{"GeminiGenerates",
               gemini,
               "POST",
               "/v1beta/models/g:generateContent",
               kJson,
               R"({"responseId":"x","candidates":[]})",
               {}},
        Answer{"MistralJob",
               openai,
               "POST",
               "/v1/batch/jobs",
               kJson,
               R"({"id":"3f2a","output_file":"9b1c"})",
               {"3f2a", "9b1c"}},
        Answer{"AFilesContentIsItsOwnersText",
               openai,
               "GET",
               "/v1/files/file-1/content",
               kJson,
               R"({"id":"file-of-somebody-else"})",
               {}}),
    [](const auto& answer) { return answer.param.name; });

TEST(Made, HeadersTellGenerationsAndUploads) {
  EXPECT_EQ(made_in_header({"X-Generation-Id", "gen-1"}), "gen-1");
  EXPECT_EQ(made_in_header({"X-Goog-Upload-URL",
                            "https://generativelanguage.googleapis.com/upload/v1beta/"
                            "files?upload_id=ABC%2B1&upload_protocol=resumable"}),
            "ABC+1");
  EXPECT_EQ(made_in_header({"x-request-id", "req_1"}), std::nullopt);
}

}  // namespace
}  // namespace keypool::provider
