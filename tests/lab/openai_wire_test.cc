// OpenAI's shapes over a real socket.
#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

http::Fields bearer() { return {{"authorization", "Bearer sk-demo-a"}}; }

TEST(OpenAi, AnswersAChatWhole) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "application/json");
  const json body = json_of(answer);
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["model"], "gpt-x");
  EXPECT_EQ(body["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(body["choices"][0]["message"]["content"].get<std::string>().size(), 8 * 4);
  EXPECT_EQ(body["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(body["usage"]["prompt_tokens"], 2);
  EXPECT_EQ(body["usage"]["completion_tokens"], 8);
  EXPECT_EQ(body["usage"]["total_tokens"], 10);
}

TEST(OpenAi, StreamsAChatAndEndsItWithDone) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(chat("sk-demo-a", R"(,"stream":true)"));

  EXPECT_EQ(answer.header("content-type"), "text/event-stream; charset=utf-8");
  const auto events = events_of(answer.body);
  ASSERT_EQ(events.size(), 1 + 8 + 1 + 1u);
  EXPECT_EQ(data_of(events[0])["choices"][0]["delta"]["role"], "assistant");
  std::string text;
  for (int i = 1; i <= 8; ++i) {
    const json chunk = data_of(events[i]);
    EXPECT_EQ(chunk["object"], "chat.completion.chunk");
    EXPECT_FALSE(chunk.contains("usage"));
    text += chunk["choices"][0]["delta"]["content"];
  }
  EXPECT_EQ(text.size(), 8 * 4u);
  EXPECT_EQ(data_of(events[9])["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(events[10].data, "[DONE]");
}

TEST(OpenAi, TellsUsageWithinAStreamOnlyWhenAsked) {
  RunningProvider provider(one_key());

  const auto answer =
      provider.call(chat("sk-demo-a", R"(,"stream":true,"stream_options":{"include_usage":true})"));

  const auto events = events_of(answer.body);
  ASSERT_EQ(events.size(), 12u);
  EXPECT_TRUE(data_of(events[0])["usage"].is_null());
  const json tail = data_of(events[10]);
  EXPECT_EQ(tail["choices"], json::array());
  EXPECT_EQ(tail["usage"]["prompt_tokens"], 2);
  EXPECT_EQ(tail["usage"]["completion_tokens"], 8);
}

TEST(OpenAi, CutsAnAnswerAtTheCap) {
  RunningProvider provider(one_key());
  for (const char* cap : {R"(,"max_tokens":3)", R"(,"max_completion_tokens":3)"}) {
    const json body = json_of(provider.call(chat("sk-demo-a", cap)));
    EXPECT_EQ(body["usage"]["completion_tokens"], 3) << cap;
    EXPECT_EQ(body["choices"][0]["finish_reason"], "length") << cap;
  }
}

TEST(OpenAi, AnswersACompletion) {
  RunningProvider provider(one_key());
  const std::string question = R"({"model":"gpt-x","prompt":"12345678")";

  const json whole = json_of(provider.call(post("/v1/completions", question + "}", bearer())));
  EXPECT_EQ(whole["object"], "text_completion");
  EXPECT_EQ(whole["choices"][0]["text"].get<std::string>().size(), 32u);
  EXPECT_EQ(whole["usage"]["prompt_tokens"], 2);

  const auto stream =
      provider.call(post("/v1/completions", question + R"(,"stream":true})", bearer()));
  const auto events = events_of(stream.body);
  EXPECT_EQ(data_of(events[0])["choices"][0]["text"].get<std::string>().size(), 4u);
  EXPECT_EQ(events.back().data, "[DONE]");
}

TEST(OpenAi, AnswersAResponseWhole) {
  RunningProvider provider(one_key());

  const json body = json_of(provider.call(post(
      "/v1/responses", R"({"model":"gpt-x","instructions":"1234","input":"5678"})", bearer())));

  EXPECT_EQ(body["object"], "response");
  EXPECT_EQ(body["status"], "completed");
  EXPECT_EQ(body["output"][0]["content"][0]["type"], "output_text");
  EXPECT_EQ(body["output"][0]["content"][0]["text"].get<std::string>().size(), 32u);
  EXPECT_EQ(body["usage"]["input_tokens"], 2);
  EXPECT_EQ(body["usage"]["output_tokens"], 8);
}

TEST(OpenAi, StreamsAResponseInNumberedEvents) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(post(
      "/v1/responses",
      R"({"model":"gpt-x","input":[{"role":"user","content":[{"type":"input_text","text":"12345678"}]}],"stream":true,"max_output_tokens":2})",
      bearer()));

  const auto events = events_of(answer.body);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < events.size(); ++i) {
    names.push_back(events[i].name);
    EXPECT_EQ(data_of(events[i])["type"], events[i].name);
    EXPECT_EQ(data_of(events[i])["sequence_number"], i);
  }
  EXPECT_THAT(names, ElementsAre("response.created", "response.in_progress",
                                 "response.output_item.added", "response.content_part.added",
                                 "response.output_text.delta", "response.output_text.delta",
                                 "response.output_text.done", "response.content_part.done",
                                 "response.output_item.done", "response.incomplete"));
  const json text = data_of(events[6])["text"];
  EXPECT_EQ(text, data_of(events[4])["delta"].get<std::string>() +
                      data_of(events[5])["delta"].get<std::string>());
  const json last = data_of(events.back())["response"];
  EXPECT_EQ(last["output"][0]["content"][0]["text"], text);
  EXPECT_EQ(last["usage"]["input_tokens"], 2);
  EXPECT_EQ(last["usage"]["output_tokens"], 2);
}

TEST(OpenAi, EmbedsEachInput) {
  RunningProvider provider(one_key());

  const json body = json_of(provider.call(
      post("/v1/embeddings", R"({"model":"embed-x","input":["12345678","1234"],"dimensions":5})",
           bearer())));

  ASSERT_EQ(body["data"].size(), 2u);
  EXPECT_EQ(body["data"][1]["index"], 1);
  EXPECT_EQ(body["data"][1]["embedding"].size(), 5u);
  EXPECT_EQ(body["usage"]["prompt_tokens"], 3);
}

TEST(OpenAi, EmbedsInBase64WhenAsked) {
  RunningProvider provider(one_key());

  const json body = json_of(provider.call(
      post("/v1/embeddings",
           R"({"model":"e","input":"x","dimensions":3,"encoding_format":"base64"})", bearer())));

  EXPECT_EQ(body["data"][0]["embedding"].get<std::string>().size(), 16u);  // of 12 bytes
}

TEST(OpenAi, ListsTheModelsThatTheScenarioNames) {
  auto scenario = one_key();
  scenario.models = {{.match = "gpt-x", .pace = {}}, {.match = "gpt-*", .pace = {}}};
  RunningProvider provider(std::move(scenario));

  const json list = json_of(provider.call(get("/v1/models", bearer())));
  ASSERT_EQ(list["data"].size(), 1u);
  EXPECT_EQ(list["data"][0]["id"], "gpt-x");
  EXPECT_EQ(list["data"][0]["object"], "model");

  EXPECT_EQ(json_of(provider.call(get("/v1/models/any", bearer())))["id"], "any");
}

TEST(OpenAi, NamesTheRequestAndTheOrganization) {
  RunningProvider provider(
      with_keys({{.name = "a", .secret = "sk-demo-a", .organization = "org-one"}}));

  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.header("openai-organization"), "org-one");
  EXPECT_TRUE(answer.header("x-request-id"));
  EXPECT_EQ(answer.header("x-ratelimit-limit-requests"), std::nullopt);
}

TEST(OpenAi, RefusesAnUnknownKeyAndShowsItMasked) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(chat("sk-nobody-knows-this-one"));

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(json_of(answer)["error"]["code"], "invalid_api_key");
  EXPECT_THAT(json_of(answer)["error"]["message"].get<std::string>(), HasSubstr("sk-no***ne"));
}

struct Mistake {
  const char* name;
  const char* target;
  const char* body;
  int status;
  const char* message;
};

void PrintTo(const Mistake& row, std::ostream* out) { *out << row.name; }

class OpenAiMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(OpenAiMistake, IsAnErrorOfTheRequests) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(post(GetParam().target, GetParam().body, bearer()));

  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(json_of(answer)["error"]["type"], "invalid_request_error");
  EXPECT_THAT(json_of(answer)["error"]["message"].get<std::string>(),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OpenAiMistake,
    ::testing::Values(
        Mistake{"NotJson", "/v1/chat/completions", "{", 400, "not a JSON object"},
        Mistake{"NotAnObject", "/v1/chat/completions", "[]", 400, "not a JSON object"},
        Mistake{"NoModel", "/v1/chat/completions", R"({"messages":[]})", 400, "'model'"},
        Mistake{"NoMessages", "/v1/chat/completions", R"({"model":"m"})", 400, "'messages'"},
        Mistake{"NoPrompt", "/v1/completions", R"({"model":"m"})", 400, "'prompt'"},
        Mistake{"NoInput", "/v1/embeddings", R"({"model":"m"})", 400, "'input'"},
        Mistake{"UnknownPath", "/v1/poems", "{}", 404, "POST /v1/poems"}),
    [](const auto& row) { return row.param.name; });

TEST(OpenAi, TakesAnyCredentialWhenItHasNoKeys) {
  RunningProvider provider;
  EXPECT_EQ(provider.call(chat("whatever")).status, 200);
}

TEST(OpenAi, ReadsTheModelOfAnAzureDeployment) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(
      post("/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
           R"({"messages":[{"role":"user","content":"hi"}]})", {{"api-key", "sk-demo-a"}}));

  EXPECT_EQ(json_of(answer)["model"], "my-gpt");
}

}  // namespace
}  // namespace keypool::lab
