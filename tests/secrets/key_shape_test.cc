#include "secrets/key_shape.h"

#include <string>

#include <gtest/gtest.h>

namespace keypool::secrets {
namespace {

/// Characters as a provider draws them, though not at random.
std::string body(std::size_t size) {
  constexpr std::string_view kPiece = "a1B2c3D4e5F6g7H8";
  std::string text;
  while (text.size() < size) text += kPiece;
  return text.substr(0, size);
}

struct Shape {
  const char* name;
  std::string text;
  const char* variable;
};

class KnownShape : public testing::TestWithParam<Shape> {};

TEST_P(KnownShape, NamesTheProvidersVariable) {
  const auto shape = key_shape(GetParam().text);

  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->variable, GetParam().variable);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, KnownShape,
    testing::Values(
        Shape{"OpenAiProject", "sk-proj-" + body(60) + "T3BlbkFJ" + body(60), "OPENAI_API_KEY"},
        Shape{"OpenAiLegacy", "sk-" + body(20) + "T3BlbkFJ" + body(20), "OPENAI_API_KEY"},
        Shape{"AnthropicApi", "sk-ant-api03-" + body(93) + "AA", "ANTHROPIC_API_KEY"},
        Shape{"AnthropicOauth", "sk-ant-oat01-" + body(40), "ANTHROPIC_API_KEY"},
        Shape{"GoogleStandard", "AIza" + body(35), "GEMINI_API_KEY"},
        Shape{"GoogleAuth", "AQ." + body(40), "GEMINI_API_KEY"},
        Shape{"Groq", "gsk_" + body(52), "GROQ_API_KEY"},
        Shape{"XAi", "xai-" + body(80), "XAI_API_KEY"},
        Shape{"OpenRouter", "sk-or-v1-" + body(64), "OPENROUTER_API_KEY"},
        Shape{"Perplexity", "pplx-" + body(48), "PERPLEXITY_API_KEY"},
        Shape{"Cerebras", "csk-" + body(40), "CEREBRAS_API_KEY"},
        Shape{"Fireworks", "fw_" + body(22), "FIREWORKS_API_KEY"},
        Shape{"Together", "tgp_v1_" + body(43), "TOGETHER_API_KEY"},
        Shape{"BedrockLongTerm", "ABSK" + body(100) + "=", "AWS_BEARER_TOKEN_BEDROCK"},
        Shape{"BedrockShortTerm", "bedrock-api-key-" + body(60), "AWS_BEARER_TOKEN_BEDROCK"},
        Shape{"AwsAccessKeyId", "AKIA" + body(16), "AWS_ACCESS_KEY_ID"},
        Shape{"WithinAUrl", "https://example.com/?key=AIza" + body(35), "GEMINI_API_KEY"},
        Shape{"WithinAList", "first,gsk_" + body(52), "GROQ_API_KEY"}),
    [](const auto& row) { return row.param.name; });

TEST(KeyShape, NamesOfKeysHaveNone) {
  for (const char* name : {"OPENAI_API_KEY", "OPENAI_API_KEY[2]", "TEAM_B_KEY", "sk-short",
                           "fw_production_team_key_two", "risk-management-and-compliance-team",
                           "gpt-4.1", "local", "ASIA_PACIFIC_PRODUCTION_KEY"}) {
    EXPECT_FALSE(key_shape(name)) << name;
    EXPECT_FALSE(looks_random(name)) << name;
  }
}

TEST(KeyShape, KeysWithoutAPrefixLookRandom) {
  for (const char* key : {
           "0f3a9c81d24be67750aa13c9de48f1b2",          // 32 hexadecimal, as old Azure keys
           "q8ZkT2vX9bLw4RnY7cHd1GfJ5mPs3AeU",          // 32, as Mistral's
           "Kd82hFqLz01MvNcXbPo93TyUrEwQaSiGjB74kLmZ",  // 40, as Cohere's
       }) {
    EXPECT_TRUE(looks_random(key)) << key;
  }
}

TEST(KeyShape, LongNamesDoNotLookRandom) {
  for (const char* name :
       {"THEVERYLONGKEYOFTEAM01INPRODUCTION", "OPENAI_API_KEY_PRODUCTION_EU_2026",
        "aKeyWithAVeryLongCamelCaseName2026", "550e8400-e29b-41d4-a716-446655440000"}) {
    EXPECT_FALSE(looks_random(name)) << name;
  }
}

}  // namespace
}  // namespace keypool::secrets
