// Things that callers make and come back for, and whose they are.
#include "lab/resources.h"

#include <string>

#include "lab/multipart.h"
#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using ::testing::HasSubstr;

/// Two keys of one organization, one of another.
Scenario two_organizations() {
  return with_keys({{.name = "a", .secret = "sk-demo-a", .organization = "org-1"},
                    {.name = "b", .secret = "sk-demo-b", .organization = "org-1"},
                    {.name = "c", .secret = "sk-demo-c", .organization = "org-2"}});
}

http::Fields openai(std::string_view key, std::string content_type = "application/json") {
  return {{"authorization", "Bearer " + std::string(key)}, {"content-type", content_type}};
}

http::Fields anthropic(std::string_view key, std::string content_type = "application/json") {
  return {{"x-api-key", std::string(key)},
          {"anthropic-version", "2023-06-01"},
          {"content-type", content_type}};
}

http::Fields gemini(std::string_view key, http::Fields more = {}) {
  more.push_back({"x-goog-api-key", std::string(key)});
  return more;
}

const std::string kForm = "multipart/form-data; boundary=xyz";
const std::string kFormBody =
    "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
    "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n"
    "Content-Type: application/jsonl\r\n\r\nline one\r\nline two\r\n--xyz--\r\n";

TEST(Multipart, GivesPartsWithTheirNamesTypesAndContent) {
  const auto parts = parts_of(kForm, kFormBody);

  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "purpose");
  EXPECT_EQ(parts[0].content, "batch");
  EXPECT_EQ(parts[1].filename, "a.jsonl");
  EXPECT_EQ(parts[1].content_type, "application/jsonl");
  EXPECT_EQ(parts[1].content, "line one\r\nline two");
}

TEST(Multipart, GivesNothingOfWhatIsNone) {
  EXPECT_TRUE(parts_of("application/json", kFormBody).empty());
  EXPECT_TRUE(parts_of(kForm, "--xyz").empty());
  EXPECT_TRUE(parts_of(kForm, "no boundary at all").empty());
  EXPECT_TRUE(parts_of(kForm, "--xyz\r\nnever ends").empty());
}

TEST(Resources, AFileIsItsOrganizationsAlone) {
  RunningProvider provider(two_organizations());
  const auto made =
      json_of(provider.call(post("/v1/files", kFormBody, openai("sk-demo-a", kForm))));
  const std::string path = "/v1/files/" + made["id"].get<std::string>();

  const auto own = provider.call(get(path + "/content", openai("sk-demo-b")));
  const auto foreign = provider.call(get(path, openai("sk-demo-c")));

  EXPECT_EQ(own.body, "line one\r\nline two");
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(json_of(foreign)["error"]["type"], "invalid_request_error");
  EXPECT_EQ(json_of(provider.call(get("/v1/files", openai("sk-demo-a"))))["data"].size(), 1u);
  EXPECT_EQ(json_of(provider.call(get("/v1/files", openai("sk-demo-c"))))["data"].size(), 0u);
}

TEST(Resources, AStoredResponseIsItsOrganizationsAlone) {
  RunningProvider provider(two_organizations());
  const auto made = json_of(provider.call(
      post("/v1/responses", R"({"model":"gpt-x","input":"12345678"})", openai("sk-demo-a"))));
  const std::string id = made["id"].get<std::string>();
  const std::string next =
      R"({"model":"gpt-x","input":"12345678","previous_response_id":")" + id + "\"}";

  EXPECT_EQ(json_of(provider.call(get("/v1/responses/" + id, openai("sk-demo-b")))), made);
  EXPECT_EQ(provider.call(post("/v1/responses", next, openai("sk-demo-b"))).status, 200);
  const auto foreign = provider.call(post("/v1/responses", next, openai("sk-demo-c")));
  EXPECT_EQ(foreign.status, 400);
  EXPECT_EQ(json_of(foreign)["error"]["code"], "previous_response_not_found");
}

TEST(Resources, AResponseThatIsNotStoredIsGone) {
  RunningProvider provider(two_organizations());
  const auto made = json_of(provider.call(post(
      "/v1/responses", R"({"model":"gpt-x","input":"1","store":false})", openai("sk-demo-a"))));
  const auto gone =
      provider.call(get("/v1/responses/" + made["id"].get<std::string>(), openai("sk-demo-a")));
  EXPECT_EQ(gone.status, 404);
}

TEST(Resources, AnthropicsBatchIsDoneWhenItIsAskedFor) {
  RunningProvider provider(two_organizations());
  const auto made = json_of(provider.call(
      post("/v1/messages/batches", R"({"requests":[{"custom_id":"one","params":{"model":"m"}}]})",
           anthropic("sk-demo-a"))));
  const std::string path = "/v1/messages/batches/" + made["id"].get<std::string>();

  EXPECT_EQ(made["processing_status"], "in_progress");
  EXPECT_EQ(json_of(provider.call(get(path, anthropic("sk-demo-b"))))["processing_status"],
            "ended");
  EXPECT_THAT(provider.call(get(path + "/results", anthropic("sk-demo-a"))).body,
              HasSubstr(R"("custom_id":"one")"));
  const auto foreign = provider.call(get(path, anthropic("sk-demo-c")));
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(json_of(foreign)["error"]["type"], "not_found_error");
}

TEST(Resources, AForeignFileIsForbiddenAtGeminis) {
  RunningProvider provider(two_organizations());
  const auto made = json_of(provider.call(
      post("/upload/v1beta/files", "text", gemini("sk-demo-a", {{"content-type", "text/plain"}}))));
  const std::string uri = made["file"]["uri"].get<std::string>();
  const std::string body = R"({"contents":[{"parts":[{"fileData":{"fileUri":")" + uri + "\"}}]}]}";
  const std::string model = "/v1beta/models/gemini-x:generateContent";

  EXPECT_EQ(provider.call(post(model, body, gemini("sk-demo-b"))).status, 200);
  const auto foreign = provider.call(post(model, body, gemini("sk-demo-c")));
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(json_of(foreign)["error"]["status"], "PERMISSION_DENIED");
}

TEST(Resources, AResumableUploadGoesOnWithoutAKey) {
  RunningProvider provider(two_organizations());
  const auto begun = provider.call(
      post("/upload/v1beta/files", R"({"file":{"displayName":"notes"}})",
           gemini("sk-demo-a", {{"x-goog-upload-command", "start"},
                                {"x-goog-upload-header-content-type", "text/plain"}})));
  const std::string url(begun.header("x-goog-upload-url").value_or(""));
  const std::string target = url.substr(url.find("/upload"));

  const auto half = provider.call(post(target, "half", {{"x-goog-upload-command", "upload"}}));
  const auto full =
      provider.call(post(target, "full", {{"x-goog-upload-command", "upload, finalize"}}));

  EXPECT_EQ(half.header("x-goog-upload-size-received"), "4");
  EXPECT_EQ(full.header("x-goog-upload-status"), "final");
  const auto file = json_of(full)["file"];
  EXPECT_EQ(file["displayName"], "notes");
  EXPECT_EQ(file["mimeType"], "text/plain");
  const auto own =
      provider.call(get("/v1beta/" + file["name"].get<std::string>(), gemini("sk-demo-b")));
  EXPECT_EQ(json_of(own)["sizeBytes"], "8");
}

TEST(Resources, WhatIsMissingIsTheCallersMistake) {
  RunningProvider provider(two_organizations());
  EXPECT_EQ(provider.call(post("/v1/files", "x", openai("sk-demo-a", kForm))).status, 400);
  EXPECT_EQ(provider.call(post("/v1/batches", "{}", openai("sk-demo-a"))).status, 400);
  EXPECT_EQ(provider.call(post("/v1/moderations", "{}", openai("sk-demo-a"))).status, 400);
  EXPECT_EQ(provider.call(post("/v1/messages/batches", "{}", anthropic("sk-demo-a"))).status, 400);
  EXPECT_EQ(provider.call(post("/v1beta/cachedContents", "{}", gemini("sk-demo-a"))).status, 400);
}

}  // namespace
}  // namespace keypool::lab
