// What a key has made belongs to its account: calls that name it go back there, whatever the policy
// would have chosen, in the path as in the body.
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using enum Dialect;

constexpr const char* kForm = "multipart/form-data; boundary=xyz";
const std::string kFile =
    "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
    "--xyz\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"a\"\r\n\r\ntext\r\n--xyz--\r\n";

http::Fetch post(std::string target, std::string body,
                 std::string_view content_type = "application/json") {
  return {.method = "POST",
          .target = std::move(target),
          .headers = {{"content-type", std::string(content_type)}},
          .body = std::move(body)};
}

http::Fetch get(std::string target) { return {.target = std::move(target)}; }

http::Fetch remove(std::string target) {
  auto fetch = get(std::move(target));
  fetch.method = "DELETE";
  return fetch;
}

using Use = std::function<http::Fetch(const std::string& id)>;

struct Kept {
  std::string name;
  Dialect dialect;
  http::Fetch make;
  std::string id;         ///< where it stands in the answer, as a JSON pointer
  std::vector<Use> uses;  ///< each of them needs the account that made it
  Use removal = {};
};

void PrintTo(const Kept& row, std::ostream* out) { *out << row.name; }

Use at(std::string before, std::string after = "") {
  return [=](const std::string& id) { return get(before + id + after); };
}

/// A body with the id where it has `@`.
Use asked(std::string target, std::string body) {
  return [=](const std::string& id) {
    std::string with_id = body;
    with_id.replace(with_id.find('@'), 1, id);
    return post(target, with_id);
  };
}

Use removed(std::string before) {
  return [=](const std::string& id) { return remove(before + id); };
}

std::vector<Kept> kept() {
  return {
      {"OpenaiFile",
       openai,
       post("/v1/files", kFile, kForm),
       "/id",
       {at("/v1/files/"), at("/v1/files/", "/content"),
        asked("/v1/batches",
              R"({"input_file_id":"@","endpoint":"/v1/responses","completion_window":"24h"})"),
        asked(
            "/v1/responses",
            R"({"model":"lab-model","input":[{"role":"user","content":[{"type":"input_file","file_id":"@"}]}]})")},
       removed("/v1/files/")},
      {"OpenaiResponse",
       openai,
       post("/v1/responses", R"({"model":"lab-model","input":"12345678"})"),
       "/id",
       {at("/v1/responses/"), at("/v1/responses/", "/input_items"),
        asked("/v1/responses",
              R"({"model":"lab-model","input":"12345678","previous_response_id":"@"})")},
       removed("/v1/responses/")},
      {"OpenaiConversation",
       openai,
       post("/v1/conversations", "{}"),
       "/id",
       {at("/v1/conversations/"),
        asked("/v1/responses", R"({"model":"lab-model","input":"12345678","conversation":"@"})"),
        asked("/v1/responses",
              R"({"model":"lab-model","input":"12345678","conversation":{"id":"@"}})")},
       removed("/v1/conversations/")},
      {"OpenaiVectorStore",
       openai,
       post("/v1/vector_stores", R"({"name":"notes"})"),
       "/id",
       {at("/v1/vector_stores/"),
        asked(
            "/v1/responses",
            R"({"model":"lab-model","input":"12345678","tools":[{"type":"file_search","vector_store_ids":["@"]}]})")},
       removed("/v1/vector_stores/")},
      {"AnthropicFile",
       anthropic,
       post("/v1/files", kFile, kForm),
       "/id",
       {at("/v1/files/"), at("/v1/files/", "/content"),
        asked(
            "/v1/messages",
            R"({"model":"lab-model","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"@"}}]}]})")},
       removed("/v1/files/")},
      {"AnthropicBatch",
       anthropic,
       post("/v1/messages/batches", R"({"requests":[]})"),
       "/id",
       {at("/v1/messages/batches/"), at("/v1/messages/batches/", "/results")},
       removed("/v1/messages/batches/")},
      {"GeminiFile",
       gemini,
       post("/upload/v1beta/files", "text", "text/plain"),
       "/file/name",
       {at("/v1beta/"),
        asked(
            "/v1beta/models/lab-model:generateContent",
            R"({"contents":[{"parts":[{"fileData":{"fileUri":"https://provider/v1beta/@"}}]}]})")},
       removed("/v1beta/")},
      {"GeminiCache",
       gemini,
       post("/v1beta/cachedContents", R"({"model":"models/lab-model"})"),
       "/name",
       {at("/v1beta/"),
        asked("/v1beta/models/lab-model:generateContent",
              R"({"contents":[{"parts":[{"text":"12345678"}]}],"cachedContent":"@"})")},
       removed("/v1beta/")},
  };
}

class Account : public ::testing::TestWithParam<Kept> {};

TEST_P(Account, ThatMadeItIsAskedForIt) {
  const Kept& row = GetParam();
  const Stage stage({.dialect = row.dialect, .policy = Policy::round_robin});
  const auto call = [&](http::Fetch fetch) {
    if (row.dialect == anthropic) fetch.headers.push_back({"anthropic-version", "2023-06-01"});
    return stage.call(std::move(fetch));
  };
  for (int i = 0; i < 3; ++i) {
    const auto made = call(row.make);
    ASSERT_EQ(made.status, 200) << made.body;
    const auto id = nlohmann::json::parse(made.body)
                        .at(nlohmann::json::json_pointer(row.id))
                        .get<std::string>();
    for (const Use& use : row.uses) {
      // More than once, since one in two would be right by chance.
      for (int again = 0; again < 4; ++again) {
        const auto answer = call(use(id));
        EXPECT_EQ(answer.status, 200) << use(id).target << "\n" << answer.body;
      }
    }
    EXPECT_EQ(call(row.removal(id)).status, 200);
  }
}

// Gemini's resumable upload, whole: the address that it begins with leads back through keypool, to
// the account that has begun it.
TEST(Upload, ResumedThroughKeypoolIsTheAccountsThatBeganIt) {
  const Stage stage({.dialect = gemini, .policy = Policy::round_robin});
  for (int i = 0; i < 3; ++i) {
    auto start = post("/upload/v1beta/files", R"({"file":{"displayName":"notes"}})");
    start.headers.push_back({"x-goog-upload-protocol", "resumable"});
    start.headers.push_back({"x-goog-upload-command", "start"});
    const auto begun = stage.call(start);
    const std::string address(begun.header("x-goog-upload-url").value_or(""));
    const auto path = address.find("/lab/");
    ASSERT_NE(path, std::string::npos) << address;
    EXPECT_EQ(address.find("key="), std::string::npos) << address;
    EXPECT_NE(address.find(std::to_string(stage.port())), std::string::npos) << address;

    const auto send = [&](std::string_view command, std::string body) {
      auto piece = post(address.substr(path + std::string("/lab").size()), std::move(body));
      piece.headers.push_back({"x-goog-upload-command", std::string(command)});
      return stage.call(piece);
    };
    EXPECT_NE(send("upload", "one half").header("x-keypool-key"), "b") << "it is the team's";
    const auto done = send("upload, finalize", "full");
    ASSERT_EQ(done.status, 200) << done.body;
    const auto name = nlohmann::json::parse(done.body)["file"]["name"].get<std::string>();
    EXPECT_EQ(stage.call(get("/v1beta/" + name)).status, 200);
  }
}

INSTANTIATE_TEST_SUITE_P(Owns, Account, ::testing::ValuesIn(kept()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace keypool::conformance
