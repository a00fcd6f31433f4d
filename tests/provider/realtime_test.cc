// What a realtime connection used.
#include "provider/realtime.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/provider/printed.h"

namespace keypool::provider {
namespace {

struct Connection {
  std::string name;
  std::vector<std::string> messages;
  Usage usage;
};

void PrintTo(const Connection& connection, std::ostream* out) { *out << connection.name; }

class Realtime : public testing::TestWithParam<Connection> {};

TEST_P(Realtime, UsageAddsUp) {
  RealtimeTap tap;
  for (const std::string& message : GetParam().messages) {
    tap.feed(message);
    tap.end_message();
  }
  EXPECT_EQ(tap.finish(), GetParam().usage);
}

TEST_P(Realtime, MessagesMayComeInPieces) {
  RealtimeTap tap;
  for (const std::string& message : GetParam().messages) {
    for (const char& byte : message) tap.feed({&byte, 1});
    tap.end_message();
  }
  EXPECT_EQ(tap.finish(), GetParam().usage);
}

std::string done(int input, int cached, int output, int audio) {
  return R"({"type":"response.done","response":{"id":"resp_1","usage":{"total_tokens":)" +
         std::to_string(input + output) + R"(,"input_tokens":)" + std::to_string(input) +
         R"(,"output_tokens":)" + std::to_string(output) +
         R"(,"input_token_details":{"text_tokens":1,"cached_tokens":)" + std::to_string(cached) +
         R"(},"output_token_details":{"audio_tokens":)" + std::to_string(audio) + "}}}}";
}

const std::string kDelta = R"({"type":"response.text.delta","delta":"twelve bytes"})";

INSTANTIATE_TEST_SUITE_P(
    Connections, Realtime,
    testing::Values(
        Connection{"OpenaiOneResponse",
                   {R"({"type":"session.created","session":{}})", kDelta, done(20, 8, 10, 6)},
                   {.input_tokens = 20,
                    .cached_tokens = 8,
                    .output_tokens = 10,
                    .reported = true,
                    .audio_output_tokens = 6}},
        Connection{"OpenaiResponsesAddUp",
                   {done(20, 8, 10, 6), kDelta, done(30, 20, 5, 0)},
                   {.input_tokens = 50,
                    .cached_tokens = 28,
                    .output_tokens = 15,
                    .reported = true,
                    .audio_output_tokens = 6}},
        Connection{"OpenaiCutInTheSecondResponse",
                   {done(20, 8, 10, 0), kDelta},
                   {.input_tokens = 20, .cached_tokens = 8, .output_tokens = 14}},
        Connection{
            "GeminiTurnsAddUp",
            {R"({"setupComplete":{}})",
             R"({"serverContent":{"modelTurn":{"parts":[{"text":"Hi"}]}}})",
             R"({"usageMetadata":{"promptTokenCount":5,"responseTokenCount":2}})",
             R"({"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":5,"responseTokenCount":4}})",
             R"({"serverContent":{"modelTurn":{"parts":[{"text":"Yes"}]}}})",
             R"({"serverContent":{"turnComplete":true}})",
             R"({"usageMetadata":{"promptTokenCount":11,"responseTokenCount":3}})"},
            {.input_tokens = 16, .output_tokens = 7, .reported = true}},
        Connection{
            "GeminiAudioIsApart",
            {R"({"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":50,"responseTokenCount":40,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":45}],"responseTokensDetails":[{"modality":"AUDIO","tokenCount":40}]}})"},
            {.input_tokens = 50,
             .output_tokens = 40,
             .reported = true,
             .audio_input_tokens = 45,
             .audio_output_tokens = 40}},
        Connection{"GeminiCutBeforeItsUsage",
                   {R"({"serverContent":{"modelTurn":{"parts":[{"text":"abcdef"}]}}})"},
                   {.output_tokens = 2}},
        Connection{"BytesThatAreNoJson",
                   {"\x01\x02\"{{", done(1, 0, 1, 0)},
                   {.input_tokens = 1, .output_tokens = 1, .reported = true}},
        Connection{"Nothing", {}, {}}),
    [](const auto& connection) { return connection.param.name; });

TEST(Subprotocols, AreOfferedWithoutWhoseAccountPays) {
  EXPECT_EQ(without_subprotocol_credential(
                "realtime,openai-insecure-api-key.sk-1 , openai-organization.o,openai-project.p, "
                "openai-beta.realtime-v1"),
            "realtime, openai-beta.realtime-v1");
  EXPECT_EQ(without_subprotocol_credential("openai-insecure-api-key.sk-1"), "");
}

}  // namespace
}  // namespace keypool::provider
