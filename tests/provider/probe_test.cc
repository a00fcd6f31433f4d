// The call that tells whether a key is good, and what its answer says.
#include "provider/probe.h"

#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace keypool::provider {
namespace {

using enum Dialect;

constexpr WallTime kNow{std::chrono::seconds(1'795'435'200)};

struct Probed {
  std::string name;
  Dialect dialect;
  std::string host;
  std::string call;
};

void PrintTo(const Probed& probed, std::ostream* out) { *out << probed.name; }

class ProbeOf : public testing::TestWithParam<Probed> {};

TEST_P(ProbeOf, CostsNoTokens) {
  const auto probe = probe_of(GetParam().dialect, GetParam().host);

  EXPECT_EQ(probe ? std::string(probe->method) + " " + std::string(probe->target) : "",
            GetParam().call);
}

INSTANTIATE_TEST_SUITE_P(
    Providers, ProbeOf,
    testing::Values(Probed{"Openai", openai, "api.openai.com", "GET /v1/models"},
                    Probed{"Groq", openai, "api.groq.com", "GET /v1/models"},
                    Probed{"OnThisMachine", openai, "127.0.0.1", "GET /v1/models"},
                    Probed{"Anthropic", anthropic, "api.anthropic.com", "GET /v1/models?limit=1"},
                    Probed{"Gemini", gemini, "generativelanguage.googleapis.com",
                           "GET /v1beta/models?pageSize=1"},
                    Probed{"Azure", azure_openai, "acme.openai.azure.com",
                           "GET /openai/models?api-version=2024-10-21"},
                    Probed{"OpenRouter", openai, "openrouter.ai", "GET /v1/key"},
                    Probed{"Deepseek", openai, "api.deepseek.com", "GET /user/balance"},
                    Probed{"Cohere", openai, "api.cohere.com", "POST /v1/check-api-key"},
                    Probed{"GenericHasNone", generic, "api.example", ""}),
    [](const auto& probed) { return probed.param.name; });

TEST(Probe, AnthropicWantsItsVersion) {
  const auto probe = probe_of(anthropic, "api.anthropic.com");

  ASSERT_EQ(probe->headers.size(), 1u);
  EXPECT_EQ(probe->headers[0].name, "anthropic-version");
  EXPECT_EQ(probe->headers[0].value, "2023-06-01");
}

struct Told {
  std::string name;
  std::string host;
  int status;
  std::string body;
  VerdictKind kind;
};

void PrintTo(const Told& told, std::ostream* out) { *out << told.name; }

class JudgedProbe : public testing::TestWithParam<Told> {};

TEST_P(JudgedProbe, ReadsCreditToo) {
  const Told& told = GetParam();

  const Verdict verdict = judge_probe(openai, told.host, {told.status, {}}, told.body, kNow);

  EXPECT_EQ(to_string(verdict.kind), to_string(told.kind));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, JudgedProbe,
    testing::Values(
        Told{"Good", "api.openai.com", 200, R"({"object":"list","data":[]})", VerdictKind::success},
        Told{"Refused", "api.openai.com", 401, R"({"error":{"code":"invalid_api_key"}})",
             VerdictKind::bad_key},
        Told{"OpenRouterHasBudget", "openrouter.ai", 200,
             R"({"data":{"limit":10,"limit_remaining":2.5}})", VerdictKind::success},
        Told{"OpenRouterWithoutLimit", "openrouter.ai", 200,
             R"({"data":{"limit":null,"limit_remaining":null}})", VerdictKind::success},
        Told{"OpenRouterUsedUp", "openrouter.ai", 200,
             R"({"data":{"limit":10,"limit_remaining":0}})", VerdictKind::bad_key},
        Told{"DeepseekHasBalance", "api.deepseek.com", 200, R"({"is_available":true})",
             VerdictKind::success},
        Told{"DeepseekEmpty", "api.deepseek.com", 200, R"({"is_available":false})",
             VerdictKind::depleted},
        Told{"CohereValid", "api.cohere.com", 200, R"({"valid":true})", VerdictKind::success},
        Told{"CohereInvalid", "api.cohere.com", 200, R"({"valid":false})", VerdictKind::bad_key},
        Told{"NoJson", "openrouter.ai", 200, "<html>", VerdictKind::success}),
    [](const auto& told) { return told.param.name; });

}  // namespace
}  // namespace keypool::provider
