// A tool that is offered is called, in each API's own way, whole and streamed.
#include <string>

#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

const std::string kSchema = R"({"type":"object","properties":{"city":{"type":"string"}}})";
const std::string kChatTool =
    R"("tools":[{"type":"function","function":{"name":"weather","parameters":)" + kSchema + "}}]";
const std::string kMessageTool = R"("tools":[{"name":"weather","input_schema":)" + kSchema + "}]";
const std::string kMessages = R"("messages":[{"role":"user","content":"12345678"}])";

nlohmann::json arguments_in(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, false);
}

http::Fetch chat_with_tool(std::string more = "") {
  return post("/v1/chat/completions",
              R"({"model":"gpt-x",)" + kChatTool + "," + kMessages + more + "}");
}

http::Fetch message_with_tool(std::string more = "") {
  return post("/v1/messages", R"({"model":"claude-x","max_tokens":50,)" + kMessageTool + "," +
                                  kMessages + more + "}");
}

TEST(Tools, ChatCallsTheFirst) {
  RunningProvider provider;
  const auto choice = json_of(provider.call(chat_with_tool()))["choices"][0];

  EXPECT_EQ(choice["finish_reason"], "tool_calls");
  const auto call = choice["message"]["tool_calls"][0];
  EXPECT_EQ(call["function"]["name"], "weather");
  EXPECT_TRUE(arguments_in(call["function"]["arguments"])["city"].is_string());
}

TEST(Tools, AStreamedChatGivesTheArgumentsInPieces) {
  RunningProvider provider;
  std::string arguments;
  for (const auto& event : events_of(provider.call(chat_with_tool(R"(,"stream":true)")).body)) {
    if (event.data == "[DONE]") continue;
    const auto delta = data_of(event)["choices"][0]["delta"];
    if (!delta.contains("tool_calls")) continue;
    arguments += delta["tool_calls"][0]["function"]["arguments"].get<std::string>();
  }
  EXPECT_TRUE(arguments_in(arguments)["city"].is_string()) << arguments;
}

TEST(Tools, AMessageUsesTheFirst) {
  RunningProvider provider;
  const auto message = json_of(provider.call(message_with_tool()));

  EXPECT_EQ(message["stop_reason"], "tool_use");
  EXPECT_EQ(message["content"][0]["name"], "weather");
  EXPECT_TRUE(message["content"][0]["input"]["city"].is_string());
}

TEST(Tools, AStreamedMessageGivesTheInputInPieces) {
  RunningProvider provider;
  std::string input;
  for (const auto& event : events_of(provider.call(message_with_tool(R"(,"stream":true)")).body)) {
    if (event.name == "content_block_delta") {
      input += data_of(event)["delta"]["partial_json"].get<std::string>();
    }
  }
  EXPECT_TRUE(arguments_in(input)["city"].is_string()) << input;
}

TEST(Tools, GeminiGivesTheArgumentsWholeAlsoInAStream) {
  RunningProvider provider;
  const std::string body =
      R"({"contents":[{"parts":[{"text":"12345678"}]}],"tools":[{"functionDeclarations":[{"name":"weather","parameters":)" +
      kSchema + "}]}]}";
  const auto whole = json_of(provider.call(post("/v1beta/models/g:generateContent", body)));
  const auto stream =
      provider.call(post("/v1beta/models/g:streamGenerateContent?alt=sse", body)).body;

  for (const auto& answer : {whole, data_of(events_of(stream, "\r\n").back())}) {
    const auto call = answer["candidates"][0]["content"]["parts"][0]["functionCall"];
    EXPECT_EQ(call["name"], "weather");
    EXPECT_TRUE(call["args"]["city"].is_string());
  }
}

TEST(Tools, AreNotCalledAfterTheyAnsweredOrWhenForbidden) {
  RunningProvider provider;
  auto after = post(
      "/v1/chat/completions",
      R"({"model":"gpt-x",)" + kChatTool +
          R"(,"messages":[{"role":"user","content":"1"},{"role":"tool","tool_call_id":"c","content":"rain"}]})");

  EXPECT_EQ(json_of(provider.call(std::move(after)))["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(json_of(provider.call(
                chat_with_tool(R"(,"tool_choice":"none")")))["choices"][0]["finish_reason"],
            "stop");
}

TEST(Pictures, AreCountedAsInput) {
  RunningProvider provider;
  const auto tokens = [&](std::string_view part) {
    const std::string body = R"({"model":"gpt-x","messages":[{"role":"user","content":[)" +
                             std::string(part) + R"({"type":"text","text":"12345678"}]}]})";
    return json_of(provider.call(post("/v1/chat/completions", body)))["usage"]["prompt_tokens"]
        .get<int>();
  };
  EXPECT_EQ(tokens(R"({"type":"image_url","image_url":{"url":"data:x"}},)"), tokens("") + 85);
}

}  // namespace
}  // namespace keypool::lab
