// What may be sent twice when it is not known what became of the first.
#include "provider/repeat.h"

#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace keypool::provider {
namespace {

using enum Dialect;

struct Sent {
  std::string name;
  Dialect dialect;
  std::string method;
  std::string target;
  Repeat repeat;
  std::string body = "{}";
};

void PrintTo(const Sent& sent, std::ostream* out) { *out << sent.name; }

class RepeatOf : public testing::TestWithParam<Sent> {};

TEST_P(RepeatOf, IsKnown) {
  const Sent& sent = GetParam();
  EXPECT_EQ(repeat_of(sent.dialect, sent.method, sent.target, sent.body), sent.repeat);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, RepeatOf,
    testing::Values(
        Sent{"Models", openai, "GET", "/v1/models", Repeat::freely},
        Sent{"ReadFile", openai, "GET", "/v1/files/file-1/content", Repeat::freely},
        Sent{"DeleteFile", openai, "DELETE", "/v1/files/file-1", Repeat::freely},
        Sent{"Chat", openai, "POST", "/v1/chat/completions?x=1", Repeat::once},
        Sent{"Embeddings", openai, "POST", "/v1/embeddings", Repeat::once},
        Sent{"AzureChat", azure_openai, "POST", "/openai/deployments/d/chat/completions",
             Repeat::once},
        Sent{"Messages", anthropic, "POST", "/v1/messages", Repeat::once},
        Sent{"CountTokens", anthropic, "POST", "/v1/messages/count_tokens", Repeat::once},
        Sent{"GeminiGenerate", gemini, "POST", "/v1beta/models/g:generateContent", Repeat::once},
        Sent{"GeminiTuned", gemini, "POST", "/v1beta/tunedModels/t:generateContent", Repeat::once},
        Sent{"Responses", openai, "POST", "/v1/responses", Repeat::once, R"({"store":true})"},
        Sent{"ResponsesTokens", openai, "POST", "/v1/responses/input_tokens", Repeat::once},
        Sent{"ResponsesInTheBackground", openai, "POST", "/v1/responses", Repeat::never,
             R"({"background":true})"},
        Sent{"ResponsesOfAConversation", openai, "POST", "/v1/responses", Repeat::never,
             R"({"conversation":"conv_1"})"},
        Sent{"CancelResponse", openai, "POST", "/v1/responses/resp_1/cancel", Repeat::never},
        Sent{"Upload", openai, "POST", "/v1/files", Repeat::never},
        Sent{"UploadPart", openai, "POST", "/v1/uploads/upload_1/parts", Repeat::never},
        Sent{"Batch", openai, "POST", "/v1/batches", Repeat::never},
        Sent{"FineTune", openai, "POST", "/v1/fine_tuning/jobs", Repeat::never},
        Sent{"Run", openai, "POST", "/v1/threads/thread_1/runs", Repeat::never},
        Sent{"VectorStoreFile", openai, "POST", "/v1/vector_stores/vs_1/files", Repeat::never},
        Sent{"SearchVectorStore", openai, "POST", "/v1/vector_stores/vs_1/search", Repeat::once},
        Sent{"Video", openai, "POST", "/v1/videos", Repeat::never},
        Sent{"AnthropicBatch", anthropic, "POST", "/v1/messages/batches", Repeat::never},
        Sent{"GeminiInteraction", gemini, "POST", "/v1beta/interactions", Repeat::never},
        Sent{"GeminiUpload", gemini, "POST", "/upload/v1beta/files", Repeat::never},
        Sent{"MistralConversation", openai, "POST", "/v1/conversations", Repeat::never}),
    [](const auto& sent) { return sent.param.name; });

}  // namespace
}  // namespace keypool::provider
