// The decision table (docs/providers.md), row by row, through the real gateway: what the provider
// says of key `a`, what the client sees, and what becomes of the key, its lane and its account.
#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using enum Dialect;

/// What an answer costs whom.
enum class Effect {
  key_is_out,          ///< another key of the same account serves
  group_is_out,        ///< a key of another account serves
  lane_rests,          ///< likewise, for this model only
  key_is_faultless,    ///< the endpoint was at fault: another try serves
  larger_lane_serves,  ///< another key may have a higher limit; nobody is blamed
  none,                ///< it is a good answer, and the client's
  passed_on,           ///< the client gets the provider's own answer
};

struct Row {
  std::string name;
  Dialect dialect;
  std::string said;
  Effect effect;
  milliseconds rests_at_least{0};
  milliseconds rests_at_most = std::chrono::hours{24 * 400};
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr milliseconds kJitter = 5min;
constexpr milliseconds kRounding = 2ms;  // one clock decides, another is shown

Row rests(std::string name, Dialect dialect, std::string said, milliseconds hint) {
  return {std::move(name),    dialect, std::move(said),
          Effect::lane_rests, hint,    hint + hint / 4 + kJitter};
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"Row01_InvalidKey", openai, "openai.invalid_api_key", Effect::key_is_out},
      {"Row02_NotInAnOrganization", openai, "openai.not_in_organization", Effect::key_is_out},
      {"Row02_AddressNotAllowed", openai, "openai.address_not_allowed", Effect::key_is_faultless},
      {"Row03_AnthropicBadKey", anthropic, "anthropic.authentication_error", Effect::key_is_out},
      {"Row03_AnthropicCors", anthropic, "anthropic.cors", Effect::passed_on},
      {"Row04_AzureAccessDenied", azure_openai, "azure.access_denied", Effect::key_is_out},
      {"Row05_GeminiBadKeyIs400", gemini, "gemini.api_key_invalid", Effect::key_is_out},
      {"Row06_GeminiKindOfKey", gemini, "gemini.access_token_type_unsupported", Effect::key_is_out},
      {"Row07_GeminiTwoCredentials", gemini, "gemini.multiple_credentials", Effect::passed_on},
      {"Row08_GeminiLeakedKey", gemini, "gemini.leaked_key", Effect::key_is_out},
      {"Row09_GeminiDenial", gemini, "gemini.permission_denied", Effect::lane_rests, 10min},
      {"Row09_GeminiForeignFile", gemini, "gemini.file_permission_denied", Effect::passed_on},
      {"Row10_PerplexityWithoutCredit", openai, "perplexity.no_credit", Effect::group_is_out},
      {"Row11_AnyOther401", openai, "mistral.unauthorized", Effect::key_is_out},
      {"Row12_XaiCredits", openai, "xai.credits", Effect::group_is_out},
      {"Row12_XaiCreditsUnder429", openai, "xai.credits_429", Effect::group_is_out},
      {"Row13_XaiBlockedKey", openai, "xai.blocked_key", Effect::key_is_out},
      {"Row13_GeminiSuspended", gemini, "gemini.consumer_suspended", Effect::key_is_out},
      {"Row14_UnsupportedCountry", openai, "openai.unsupported_country", Effect::key_is_faultless},
      {"Row15_ModelNotForTheProject", openai, "openai.model_access", Effect::lane_rests, 10min},
      {"Row16_AnthropicPermission", anthropic, "anthropic.permission_error", Effect::lane_rests,
       10min},
      {"Row17_OpenRouterModeration", openai, "openrouter.moderation", Effect::passed_on},
      {"Row18_MistralLabsModel", openai, "mistral.labs_model", Effect::lane_rests},
      {"Row19_EdgeBlock", openai, "edge.blocked", Effect::key_is_faultless},
      {"Row19_EdgeBlockAnthropic", anthropic, "edge.blocked", Effect::key_is_faultless},
      rests("Row20_OpenRouterInFlightBudget", openai, "openrouter.in_flight_budget", 7s),
      {"Row21_OpenRouterTooDear", openai, "openrouter.weight_exceeds_budget", Effect::passed_on},
      {"Row21_OpenRouterTooDearForThisBudget", openai, "openrouter.weight_exceeds_budget",
       Effect::larger_lane_serves},
      {"Row22_OpenRouterKeyLimit", openai, "openrouter.key_limit", Effect::key_is_out},
      {"Row23_DeepSeekBalance", openai, "deepseek.insufficient_balance", Effect::group_is_out},
      {"Row23_OpenRouterCredits", openai, "openrouter.no_credits", Effect::group_is_out},
      {"Row23_AnthropicBilling", anthropic, "anthropic.billing_error", Effect::group_is_out},
      {"Row24_FireworksSuspended", openai, "fireworks.suspended", Effect::group_is_out},
      {"Row25_AnthropicOwnSpendLimitIs400", anthropic, "anthropic.spend_limit",
       Effect::group_is_out},
      {"Row26_AnthropicTierSpendLimit", anthropic, "anthropic.enforced_spend_limit",
       Effect::group_is_out},
      {"Row27_InsufficientQuota", openai, "openai.insufficient_quota", Effect::group_is_out},
      {"Row27_CreditBalance", openai, "openai.credit_balance_exhausted", Effect::group_is_out},
      {"Row27_OrganizationSpendLimit", openai, "openai.organization_spend_limit_exceeded",
       Effect::group_is_out},
      {"Row27_OrganizationUsageLimit", openai, "openai.organization_usage_limit_exceeded",
       Effect::group_is_out},
      {"Row27_BillingHardLimit", openai, "openai.billing_hard_limit_reached", Effect::group_is_out},
      {"Row27_GeminiBillingOff", gemini, "gemini.billing_off", Effect::group_is_out},
      {"Row28_ProjectSpendLimit", openai, "openai.project_spend_limit_exceeded",
       Effect::group_is_out},
      {"Row29_GeminiPerDayUntilMidnight", gemini, "gemini.per_day", Effect::lane_rests, 60s, 26h},
      rests("Row30_GeminiPerMinute", gemini, "gemini.per_minute", 18403ms),
      rests("Row30_GeminiPerMinuteInMilliseconds", gemini, "gemini.per_minute_in_ms", 290ms),
      rests("Row30_GeminiPerMinuteCompound", gemini, "gemini.per_minute_compound", 72500ms),
      {"Row31_GeminiWithoutDetails", gemini, "gemini.no_details", Effect::lane_rests},
      {"Row31_GeminiPrepayDepleted", gemini, "gemini.prepay_depleted", Effect::group_is_out},
      {"Row32_MistralLimitZero", openai, "mistral.limit_zero", Effect::lane_rests, 10min},
      {"Row32_GeminiLimitZero", gemini, "gemini.limit_zero", Effect::lane_rests, 10min},
      {"Row33_MistralRemainingZero", openai, "mistral.remaining_zero", Effect::lane_rests},
      {"Row34_GroqRequestTooLarge", openai, "groq.request_too_large", Effect::passed_on},
      {"Row34_GroqRequestTooLargeForThisLimit", openai, "groq.request_too_large",
       Effect::larger_lane_serves},
      rests("Row35_GroqBucket", openai, "groq.rate_limit", 4s),
      rests("Row35_OpenaiInWords", openai, "openai.rate_limit_in_words", 1500ms),
      {"Row36_OpenaiRequestTooLarge", openai, "openai.request_too_large", Effect::passed_on},
      {"Row36_OpenaiRequestTooLargeForThisLimit", openai, "openai.request_too_large",
       Effect::larger_lane_serves},
      {"Row37_SlowDown", openai, "openai.slow_down", Effect::lane_rests, 30s},
      {"Row37_SlowDownUnder503", openai, "openai.slow_down_503", Effect::lane_rests, 30s},
      {"Row38_GroqFlexCapacity", openai, "groq.flex_capacity", Effect::key_is_faultless},
      {"Row39_CerebrasQueue", openai, "cerebras.queue_exceeded", Effect::key_is_faultless},
      {"Row40_AzureHighDemandForLongerThanAClientShouldWait", azure_openai, "azure.high_demand",
       Effect::passed_on},
      {"Row41_CohereTrialMinute", openai, "cohere.trial_minute", Effect::lane_rests},
      {"Row41_CohereTrialMonth", openai, "cohere.trial_month", Effect::lane_rests, 0s, 32 * 24h},
      {"Row42_DeepSeekConcurrency", openai, "deepseek.concurrency", Effect::lane_rests},
      {"Row43_BedrockThrottling", openai, "bedrock.throttling", Effect::lane_rests},
      {"Row43_BedrockDailyTokens", openai, "bedrock.daily_tokens", Effect::lane_rests, 60s, 25h},
      {"Row44_AnyOther429", openai, "fireworks.rate_limit", Effect::lane_rests},
      rests("Row44_AnthropicWithHint", anthropic, "anthropic.rate_limit", 33s),
      rests("Row44_HintInMilliseconds", openai, "openai.rate_limit_in_ms", 1500ms),
      rests("Row44_HintInSeconds", openai, "openai.rate_limit_in_seconds", 5s),
      {"Row44_OpenRouterUpstream", openai, "openrouter.upstream_rate_limit",
       Effect::key_is_faultless},
      {"Row45_AnthropicOverloaded", anthropic, "anthropic.overloaded", Effect::key_is_faultless},
      {"Row45_GeminiUnavailable", gemini, "gemini.unavailable", Effect::key_is_faultless},
      {"Row45_OpenaiOverloaded", openai, "openai.overloaded", Effect::key_is_faultless},
      {"Row45_BadGatewayInHtml", openai, "edge.bad_gateway", Effect::key_is_faultless},
      {"Row46_OpenaiServerError", openai, "openai.server_error", Effect::key_is_faultless},
      {"Row46_AnthropicApiError", anthropic, "anthropic.api_error", Effect::key_is_faultless},
      {"Row46_GeminiInternal", gemini, "gemini.internal", Effect::key_is_faultless},
      {"Row47_AnthropicTimeout", anthropic, "anthropic.timeout_error", Effect::key_is_faultless},
      {"Row47_RequestTimeout", openai, "openai.request_timeout", Effect::key_is_faultless},
      {"Row48_Conflict", openai, "openai.conflict", Effect::passed_on},
      {"Row49_ContextLength", openai, "openai.context_length_exceeded", Effect::passed_on},
      {"Row49_PromptTooLong", anthropic, "anthropic.prompt_too_long", Effect::passed_on},
      {"Row49_RequestTooLarge", anthropic, "anthropic.request_too_large", Effect::passed_on},
      {"Row49_MistralValidation", openai, "mistral.validation", Effect::passed_on},
      {"Row50_EncryptedContent", openai, "openai.invalid_encrypted_content", Effect::passed_on},
      {"Row50_PreviousResponse", openai, "openai.previous_response_not_found", Effect::passed_on},
      {"Row51_OpenaiModel", openai, "openai.model_not_found", Effect::lane_rests, 10min},
      {"Row51_OllamaModel", openai, "ollama.model_not_found", Effect::lane_rests, 10min},
      {"Row51_CerebrasArchived", openai, "cerebras.model_archived", Effect::lane_rests, 10min},
      {"Row51_AnthropicModel", anthropic, "anthropic.model_not_found", Effect::lane_rests, 10min},
      {"Row51_GeminiModel", gemini, "gemini.model_not_found", Effect::lane_rests, 10min},
      {"Row51_AzureDeployment", azure_openai, "azure.deployment_not_found", Effect::lane_rests,
       10min},
      {"Row52_OpenaiFile", openai, "openai.no_such_file", Effect::passed_on},
      {"Row52_AnthropicBatch", anthropic, "anthropic.batch_not_found", Effect::passed_on},
      {"Row53_InvalidRequest", openai, "openai.invalid_request", Effect::passed_on},
      {"Row54_Wrapped429", gemini, "vertex.wrapped_429", Effect::lane_rests},
      {"Row56_OllamaBusy", openai, "ollama.busy", Effect::key_is_faultless},
      {"Row57_LlamacppLoading", openai, "llamacpp.loading", Effect::key_is_faultless},
      {"Row58_VllmQueueFull", openai, "vllm.queue_full", Effect::key_is_faultless},
  };
  return all;
}

// What a simulated provider must be able to play, by the numbers of its list.

Row served(std::string name, std::string said) {
  const Dialect dialect = dialect_of(said);
  return {std::move(name), dialect, std::move(said), Effect::none};
}

const std::vector<Row>& fixtures() {
  static const std::vector<Row> all{
      served("Fixture01_StreamWithUsage", "openai.chat_stream"),
      served("Fixture01_StreamWithoutUsage", "openai.chat_stream_without_usage"),
      served("Fixture01_UsageBesideAChoice", "openrouter.chat_stream"),
      served("Fixture01_KeepAliveComments", "deepseek.chat_stream"),
      served("Fixture02_Crlf", "openai.chat_stream_with_crlf"),
      served("Fixture02_BeyondAscii", "openai.chat_stream_beyond_ascii"),
      served("Fixture02_NoLastBlankLine", "openai.chat_stream_without_last_blank_line"),
      served("Fixture02_OneLineOfAMegabyte", "openai.chat_stream_of_one_long_line"),
      served("Fixture03_PingsAndUsage", "anthropic.stream"),
      served("Fixture03_GrowingUsage", "anthropic.stream_with_growing_usage"),
      served("Fixture03_OverloadedAfterContent", "anthropic.stream_overloaded_later"),
      served("Fixture04_GeminiEvents", "gemini.stream"),
      served("Fixture04_GeminiArray", "gemini.array_stream"),
      {"Fixture04_GeminiBadKey", gemini, "gemini.api_key_invalid", Effect::key_is_out},
      {"Fixture04_GeminiPerDay", gemini, "gemini.per_day", Effect::lane_rests, 60s, 26h},
      rests("Fixture04_GeminiFractionalDelay", gemini, "gemini.per_minute", 18403ms),
      rests("Fixture04_GeminiDelayInMilliseconds", gemini, "gemini.per_minute_in_ms", 290ms),
      rests("Fixture04_GeminiCompoundDelay", gemini, "gemini.per_minute_compound", 72500ms),
      {"Fixture04_GeminiWithoutDetails", gemini, "gemini.no_details", Effect::lane_rests},
      rests("Fixture05_RetryAfterMs", openai, "openai.rate_limit_in_ms", 1500ms),
      {"Fixture05_RetryAfterDate", openai, "openai.rate_limit_until_date", Effect::lane_rests},
      {"Fixture05_WithoutHint", openai, "openai.rate_limit_without_hint", Effect::lane_rests},
      {"Fixture05_InsufficientQuota", openai, "openai.insufficient_quota", Effect::group_is_out},
      {"Fixture05_SlowDown", openai, "openai.slow_down_503", Effect::lane_rests, 30s},
      served("Fixture06_RemainingBelowZero", "azure.chat_below_zero"),
      served("Fixture06_UnknownLimits", "azure.chat_of_unknown_limits"),
      {"Fixture07_AnthropicSpendLimit", anthropic, "anthropic.spend_limit", Effect::group_is_out},
      {"Fixture07_AnthropicEnforcedSpendLimit", anthropic, "anthropic.enforced_spend_limit",
       Effect::group_is_out},
      {"Fixture07_AnthropicOverloaded", anthropic, "anthropic.overloaded",
       Effect::key_is_faultless},
      {"Fixture07_AnthropicTooLarge", anthropic, "anthropic.request_too_large", Effect::passed_on},
      {"Fixture08_GroqWall", openai, "groq.request_too_large", Effect::passed_on},
      rests("Fixture08_GroqBucket", openai, "groq.rate_limit", 4s),
      served("Fixture08_GroqHeaders", "groq.chat"),
      {"Fixture08_MistralLimitZero", openai, "mistral.limit_zero", Effect::lane_rests, 10min},
      {"Fixture08_MistralRemainingZero", openai, "mistral.remaining_zero", Effect::lane_rests},
      served("Fixture08_CerebrasFloatSeconds", "cerebras.chat"),
      rests("Fixture09_OpenRouterInFlight", openai, "openrouter.in_flight_budget", 7s),
      {"Fixture09_OpenRouterKeyLimit", openai, "openrouter.key_limit", Effect::key_is_out},
      {"Fixture09_OpenRouterErrorUnder200", openai, "openrouter.error_under_200",
       Effect::key_is_faultless},
      {"Fixture09_XaiCredits", openai, "xai.credits", Effect::group_is_out},
      {"Fixture09_PerplexityCredits", openai, "perplexity.no_credit", Effect::group_is_out},
      served("Fixture10_TwentyBlankLines", "deepseek.chat_after_blank_lines"),
      {"Fixture10_EdgeBlock", openai, "edge.blocked", Effect::key_is_faultless},
      {"Fixture10_HtmlBadGateway", openai, "edge.bad_gateway", Effect::key_is_faultless},
      {"Fixture11_OllamaBusy", openai, "ollama.busy", Effect::key_is_faultless},
      served("Fixture11_OllamaUsage", "ollama.stream"),
      served("Fixture11_OllamaErrorInTheMiddle", "ollama.stream_error"),
      {"Fixture11_LlamacppLoading", openai, "llamacpp.loading", Effect::key_is_faultless},
      {"Fixture11_VllmQueueFull", openai, "vllm.queue_full", Effect::key_is_faultless},
  };
  return all;
}

bool goes_to_the_client(Effect effect) {
  return effect == Effect::passed_on || effect == Effect::none;
}

Stage stage_for(const Row& row) {
  lab::Fault fault = says(row.said, goes_to_the_client(row.effect) ? "*" : "a");
  if (row.effect == Effect::none) fault.models = "*";
  if (row.effect == Effect::key_is_faultless) {
    fault.keys = "*";
    fault.last_call = 1;
  }
  return Stage({.dialect = row.dialect, .scenario = {.faults = {fault}}});
}

class DecisionTable : public ::testing::TestWithParam<Row> {};

TEST_P(DecisionTable, ThroughTheGateway) {
  const Row& row = GetParam();
  const Stage stage = stage_for(row);
  const WallTime before = system_clock().wall();

  const auto answer =
      stage.call(row.effect == Effect::none ? question_for(row.said) : question(row.dialect));

  const WallTime after = system_clock().wall();
  ASSERT_TRUE(stage.idle());
  if (goes_to_the_client(row.effect)) {
    const auto said = lab::to_answer(*lab::known_answer(row.said));
    EXPECT_EQ(answer.status, said.status);
    EXPECT_TRUE(answer.body == said.body) << answer.body.substr(0, 2000);
    EXPECT_EQ(answer.header("content-type"), said.header("content-type"));
  } else {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  }
  const auto lane = stage.resting_lane("a");
  switch (row.effect) {
    case Effect::key_is_out:
      EXPECT_EQ(answer.header("x-keypool-key"), "twin");
      EXPECT_EQ(stage.key("a").state, KeyState::invalid) << to_string(stage.key("a").state);
      EXPECT_EQ(stage.key("twin").state, KeyState::ready);
      break;
    case Effect::group_is_out:
      EXPECT_EQ(answer.header("x-keypool-key"), "b");
      EXPECT_EQ(stage.key("a").state, KeyState::depleted) << to_string(stage.key("a").state);
      EXPECT_EQ(stage.key("twin").state, KeyState::depleted);
      EXPECT_EQ(stage.observed("twin").calls, 0u);
      break;
    case Effect::lane_rests:
      EXPECT_EQ(answer.header("x-keypool-key"), "b");
      EXPECT_EQ(stage.observed("twin").calls, 0u);
      ASSERT_TRUE(lane);
      ASSERT_TRUE(lane->until);
      EXPECT_GE(*lane->until, before + row.rests_at_least - kRounding);
      EXPECT_LE(*lane->until, after + row.rests_at_most);
      EXPECT_NE(
          stage.call(question(row.dialect, Ask::plain, "other-model")).header("x-keypool-key"), "b")
          << "the account's other models rest too";
      break;
    case Effect::key_is_faultless:
    case Effect::larger_lane_serves:
    case Effect::none:
    case Effect::passed_on:
      for (const auto* name : {"a", "twin", "b"}) {
        EXPECT_EQ(stage.key(name).state, KeyState::ready) << name;
        EXPECT_FALSE(stage.resting_lane(name)) << name;
      }
      break;
  }
  EXPECT_EQ(stage.key("b").state, KeyState::ready);
}

INSTANTIATE_TEST_SUITE_P(Row, DecisionTable, ::testing::ValuesIn(rows()),
                         [](const auto& instance) { return instance.param.name; });
// When every key rests, the client is told for how long.

class CoolingHint : public ::testing::TestWithParam<Row> {};

TEST_P(CoolingHint, ReachesTheClient) {
  const Row& row = GetParam();
  const Stage stage({.dialect = row.dialect, .scenario = {.faults = {says(row.said)}}});

  const auto answer = stage.call(question(row.dialect));

  EXPECT_EQ(answer.status, 429) << answer.body;
  EXPECT_NE(answer.body.find("all_keys_cooling"), std::string::npos) << answer.body;
  ASSERT_TRUE(answer.header("retry-after"));
  const std::chrono::seconds told{std::stoi(std::string(*answer.header("retry-after")))};
  EXPECT_GE(told, std::min<milliseconds>(row.rests_at_least, 60s) - kRounding);
  EXPECT_LE(told, 60s) << "SDKs ignore more";
}

std::vector<Row> rows_with_hints() {
  std::vector<Row> all;
  for (const Row& row : rows()) {
    const bool hints = row.rests_at_least > 0ms && row.rests_at_least <= 60s;
    if (row.effect == Effect::lane_rests && hints) all.push_back(row);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Row, CoolingHint, ::testing::ValuesIn(rows_with_hints()),
                         [](const auto& instance) { return instance.param.name; });
INSTANTIATE_TEST_SUITE_P(Fixture, DecisionTable, ::testing::ValuesIn(fixtures()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace keypool::conformance
