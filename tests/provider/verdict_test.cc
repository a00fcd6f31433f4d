// The decision table, row by row: what one answer says about key, endpoint or request.
#include "provider/verdict.h"

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "provider/calendar.h"

namespace keypool::provider {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using enum Dialect;
using enum VerdictKind;

// A Monday in November: 04:00 in Los Angeles.
const WallTime kNow = *parse_rfc3339("2026-11-23T12:00:00Z");

constexpr auto kNoHint = std::nullopt;
constexpr milliseconds kUntilMonthEnd = 7 * 24h + 12h;
constexpr milliseconds kUntilPacificMidnight = 20h + 1min;
constexpr milliseconds kUntilUtcMidnight = 12h + 1min;

struct Row {
  std::string name;
  Dialect dialect;
  int status;
  std::string body;
  VerdictKind kind;
  std::optional<milliseconds> rests = kNoHint;
  std::vector<http::Header> headers = {};
  std::string host = {};
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string openai_error(std::string_view message, std::string_view type, std::string_view code) {
  return R"({"error":{"message":")" + std::string(message) + R"(","type":")" + std::string(type) +
         R"(","param":null,"code":)" + std::string(code) + "}}";
}

std::string anthropic_error(std::string_view type, std::string_view message,
                            std::string_view details = "") {
  return R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":")" +
         std::string(message) + "\"" + std::string(details) + R"(},"request_id":"req_1"})";
}

std::string google_error(int code, std::string_view status, std::string_view message,
                         std::string_view details = "") {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + std::string(message) +
         R"(","status":")" + std::string(status) + "\"" +
         (details.empty() ? "" : R"(,"details":[)" + std::string(details) + "]") + "}}";
}

std::string google_reason(std::string_view reason) {
  return R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":")" + std::string(reason) +
         R"(","domain":"googleapis.com"})";
}

std::string google_quota(std::string_view id, std::string_view value, std::string_view delay) {
  return R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":")" +
         std::string(id) + R"(","quotaValue":")" + std::string(value) +
         R"("}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" +
         std::string(delay) + R"("})";
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"Row01_OpenaiInvalidKey", openai, 401,
       openai_error("Incorrect API key provided: sk-a***z.", "invalid_request_error",
                    R"("invalid_api_key")"),
       bad_key},
      {"Row02_OpenaiNotInAnOrganization", openai, 401,
       openai_error("You must be a member of an organization to use the API.",
                    "invalid_request_error", "null"),
       bad_key},
      {"Row02_OpenaiAddressNotAllowed", openai, 401,
       openai_error("IP not authorized. Your request IP is not on the allowlist.",
                    "invalid_request_error", "null"),
       overloaded},
      {"Row03_AnthropicBadKey", anthropic, 401,
       anthropic_error("authentication_error", "invalid x-api-key"), bad_key},
      {"Row03_AnthropicCors", anthropic, 401,
       anthropic_error("authentication_error",
                       "CORS requests are not allowed for this Organization."),
       request_fault},
      {"Row04_AzureWrongKeyOrEndpoint", azure_openai, 401,
       R"({"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}})",
       bad_key},
      {"Row05_GeminiBadKeyIs400", gemini, 400,
       google_error(400, "INVALID_ARGUMENT", "API key not valid.",
                    google_reason("API_KEY_INVALID")),
       bad_key},
      {"Row06_GeminiKindOfKey", gemini, 401,
       google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.",
                    google_reason("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
       bad_key},
      {"Row07_GeminiTwoCredentials", gemini, 400,
       google_error(400, "INVALID_ARGUMENT", "Multiple authentication credentials received."),
       request_fault},
      {"Row08_GeminiLeakedKey", gemini, 403,
       google_error(403, "PERMISSION_DENIED",
                    "Your API key was reported as leaked. Please use another API key."),
       bad_key},
      {"Row09_GeminiOtherDenial", gemini, 403,
       google_error(403, "PERMISSION_DENIED", "The caller does not have permission"),
       no_model_access, 10min},
      {"Row09_GeminiForeignFile", gemini, 403,
       google_error(403, "PERMISSION_DENIED",
                    "You do not have permission to access the File abc or it may not exist."),
       request_fault},
      {"Row10_CreditsUsedUpUnder401", openai, 401,
       openai_error("You exceeded your current quota.", "insufficient_quota", "401"), depleted},
      {"Row10_PerplexityDoesNotSayWhich",
       openai,
       401,
       "<html>401 Authorization Required</html>",
       depleted,
       kNoHint,
       {},
       "api.perplexity.ai"},
      {"Row10_NobodyElse",
       openai,
       401,
       "<html>401 Authorization Required</html>",
       bad_key,
       kNoHint,
       {},
       "api.mistral.ai"},
      {"Row11_AnyOther401", openai, 401, R"({"detail":"Unauthorized"})", bad_key},
      {"Row11_Generic401", generic, 401, "no", bad_key},
      {"Row11_XaiBadKeyIs400", openai, 400,
       R"({"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***z."})",
       bad_key},
      {"Row12_XaiCreditsUnder403", openai, 403,
       R"({"code":"The caller does not have permission to execute the specified operation","error":"Your team T has either used all available credits or reached its monthly spending limit."})",
       depleted},
      {"Row12_XaiCreditsUnder429", openai, 429,
       R"({"code":"Some resource has been exhausted","error":"Your team T has used all available credits."})",
       depleted},
      {"Row13_XaiBlockedKey", openai, 403,
       R"({"code":"forbidden","error":"Your API key is currently blocked."})", bad_key},
      {"Row13_SuspendedConsumer", gemini, 403,
       google_error(403, "PERMISSION_DENIED", "Consumer 'api_key:x' has been suspended.",
                    google_reason("CONSUMER_SUSPENDED")),
       bad_key},
      {"Row14_OpenaiCountry", openai, 403,
       openai_error("Country, region, or territory not supported", "request_forbidden",
                    R"("unsupported_country_region_territory")"),
       overloaded},
      {"Row15_OpenaiModelNotForProject", openai, 403,
       openai_error("Project `p` does not have access to model `m`", "invalid_request_error",
                    R"("model_not_found")"),
       no_model_access},
      {"Row16_AnthropicPermission", anthropic, 403, anthropic_error("permission_error", "No."),
       no_model_access},
      {"Row17_OpenRouterModeration", openai, 403,
       R"({"error":{"code":403,"message":"Input was flagged; your account is not suspended","metadata":{"reasons":["x"]}}})",
       request_fault},
      {"Row18_MistralLabsModel", openai, 403,
       R"({"object":"error","message":"Labs models need admin opt-in","type":"forbidden","code":"1913"})",
       no_model_access, 24h},
      {"Row19_EdgeBlock", openai, 403, "error code: 1010", overloaded},
      {"Row19_EdgeBlockAnthropic", anthropic, 403, "<html>403 Forbidden</html>", overloaded},
      {"Row20_OpenRouterInFlightBudget",
       openai,
       402,
       R"({"error":{"code":402,"message":"Busy","metadata":{"limit_source":"openrouter_in_flight_budget"}}})",
       throttled,
       7s,
       {{"retry-after", "7"}}},
      {"Row21_OpenRouterTooDear", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"reason":"weight_exceeds_budget"}}})",
       request_fault},
      {"Row22_OpenRouterKeyLimit", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"limit_source":"openrouter_key_limit"}}})",
       bad_key},
      {"Row22_UntilTheDayEnds", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"limit_source":"openrouter_key_limit","limit_reset":"daily"}}})",
       bad_key, 12h},
      {"Row22_UntilTheWeekEnds", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"limit_source":"openrouter_key_limit","limit_reset":"weekly"}}})",
       bad_key, 6 * 24h + 12h},
      {"Row22_UntilTheMonthEnds", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"limit_source":"openrouter_key_limit","limit_reset":"monthly"}}})",
       bad_key, kUntilMonthEnd},
      {"Row22_UntilAMoment", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"limit_source":"openrouter_key_limit","limit_reset":"2026-11-23T13:00:00Z"}}})",
       bad_key, 1h},
      {"Row22_ALimitForGood", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"limit_source":"openrouter_key_limit","limit_reset":null}}})",
       bad_key},
      {"Row23_OpenRouterCredits", openai, 402,
       R"({"error":{"code":402,"message":"x","metadata":{"error_type":"payment_required"}}})",
       depleted},
      {"Row23_TogetherSpendCap", openai, 402, "{}", depleted},
      {"Row23_DeepseekBalance", openai, 402,
       openai_error("Insufficient Balance", "unknown_error", R"("invalid_request_error")"),
       depleted},
      {"Row23_AnthropicBilling", anthropic, 402, anthropic_error("billing_error", "x"), depleted},
      {"Row24_FireworksSuspended", openai, 412,
       R"({"object":"error","message":"Account x is suspended","code":"PRECONDITION_FAILED"})",
       depleted},
      {"Row24_OtherPreconditions", openai, 412,
       R"({"error":{"code":412,"message":"x","metadata":{"error_type":"precondition_failed"}}})",
       request_fault},
      {"Row25_AnthropicOwnSpendLimitIs400", anthropic, 400,
       anthropic_error("invalid_request_error",
                       "You have reached your specified API usage limits. You will regain access "
                       "on 2026-12-01 at 00:00 UTC."),
       depleted, kUntilMonthEnd},
      {"Row25_AnthropicNoCreditIs400", anthropic, 400,
       anthropic_error("invalid_request_error",
                       "Your credit balance is too low to access the Anthropic API."),
       depleted},
      {"Row26_AnthropicTierSpendLimit", anthropic, 429,
       anthropic_error("rate_limit_error", "Monthly limit; access resumes on 2026-12-03.",
                       R"(,"details":{"error_code":"enforced_spend_limit_reached"})"),
       depleted, 9 * 24h + 12h},
      {"Row26_WithoutADate", anthropic, 429,
       anthropic_error("rate_limit_error", "Monthly limit.",
                       R"(,"details":{"error_code":"enforced_spend_limit_reached"})"),
       depleted, kUntilMonthEnd},
      {"Row27_InsufficientQuota", openai, 429,
       openai_error("You exceeded your current quota", "insufficient_quota",
                    R"("insufficient_quota")"),
       depleted},
      {"Row27_CreditBalance", openai, 429,
       openai_error("x", "insufficient_quota", R"("credit_balance_exhausted")"), depleted},
      {"Row27_OrganizationSpendLimit", openai, 429,
       openai_error("x", "insufficient_quota", R"("organization_spend_limit_exceeded")"), depleted},
      {"Row27_OrganizationUsageLimit", openai, 429,
       openai_error("x", "insufficient_quota", R"("organization_usage_limit_exceeded")"), depleted},
      {"Row27_HardLimitOfImagesIs400", openai, 400,
       openai_error("x", "invalid_request_error", R"("billing_hard_limit_reached")"), depleted},
      {"Row27_AHintDoesNotFillThePurse",
       openai,
       429,
       openai_error("x", "insufficient_quota", R"("insufficient_quota")"),
       depleted,
       kNoHint,
       {{"retry-after", "20"}}},
      {"Row37_ZeroHintIsNoHint",
       openai,
       503,
       openai_error("Slow Down", "server_error", "null"),
       throttled,
       30s,
       {{"retry-after", "0"}}},
      {"Row46_NoStatusOfHttp", openai, 999, "", server_error},
      {"Row27_TypeWithoutCode", openai, 429, openai_error("x", "insufficient_quota", "null"),
       depleted},
      {"Row27_CodeBeforeType", openai, 429,
       openai_error("Rate limit. Please try again in 2s.", "insufficient_quota",
                    R"("rate_limit_exceeded")"),
       throttled, 2s},
      {"Row27_GeminiFailedPrecondition", gemini, 400,
       google_error(400, "FAILED_PRECONDITION", "Please enable billing on your project."),
       depleted},
      {"Row28_ProjectSpendLimit", openai, 429,
       openai_error("x", "insufficient_quota", R"("project_spend_limit_exceeded")"), depleted},
      {"Row29_GeminiPerDay", gemini, 429,
       google_error(429, "RESOURCE_EXHAUSTED", "Quota exceeded. Please retry in 26.4s.",
                    google_quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20", "26s")),
       throttled, kUntilPacificMidnight},
      {"Row29_TheLongestOfSeveral", gemini, 429,
       google_error(429, "RESOURCE_EXHAUSTED", "x",
                    google_quota("GenerateRequestsPerMinutePerProjectPerModel", "5", "26s") + "," +
                        google_quota("GenerateRequestsPerDayPerProjectPerModel", "20", "26s")),
       throttled, kUntilPacificMidnight},
      {"Row30_GeminiPerMinute", gemini, 429,
       google_error(429, "RESOURCE_EXHAUSTED", "x",
                    google_quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000",
                                 "18.403470473s")),
       throttled, 18404ms},
      {"Row30_GeminiArray", gemini, 429,
       "[" +
           google_error(429, "RESOURCE_EXHAUSTED", "x",
                        google_quota("GenerateRequestsPerMinutePerProject", "5", "3s")) +
           "]",
       throttled, 3s},
      {"Row31_GeminiNoDetails", gemini, 429,
       google_error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
       throttled},
      {"Row31_GeminiDepleted", gemini, 429,
       google_error(429, "RESOURCE_EXHAUSTED", "Prepay credit balance is depleted."), depleted},
      {"Row32_MistralLimitZero",
       openai,
       429,
       R"({"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429})",
       no_model_access,
       24h,
       {{"x-ratelimit-limit-req-minute", "0"}}},
      {"Row32_GeminiLimitZero", gemini, 429,
       google_error(429, "RESOURCE_EXHAUSTED", "x",
                    google_quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "0", "9s")),
       no_model_access, 24h},
      {"Row33_MistralRemainingZero",
       openai,
       429,
       R"({"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429})",
       throttled,
       kNoHint,
       {{"x-ratelimit-limit-req-minute", "60"}, {"x-ratelimit-remaining-req-minute", "0"}}},
      {"Row34_GroqWall",
       openai,
       413,
       openai_error("Request too large for model `m` in organization `o` on tokens per minute "
                    "(TPM): Limit 8000, Requested 11088",
                    "tokens", R"("rate_limit_exceeded")"),
       request_fault,
       kNoHint,
       {{"retry-after", "65"}}},
      {"Row35_GroqBucket",
       openai,
       429,
       openai_error("Rate limit reached for model `m`: Limit 8000, Used 2591, Requested 5863. "
                    "Please try again in 3.405s.",
                    "tokens", R"("rate_limit_exceeded")"),
       throttled,
       4s,
       {{"retry-after", "4"}}},
      {"Row35_OpenaiWithoutHeader", openai, 429,
       openai_error("Rate limit reached for gpt-x. Please try again in 20ms.", "requests",
                    R"("rate_limit_exceeded")"),
       throttled, 20ms},
      {"Row36_OpenaiTooLarge", openai, 429,
       openai_error("Request too large for gpt-x on tokens per min (TPM): Limit 30000.", "tokens",
                    R"("rate_limit_exceeded")"),
       request_fault},
      {"Row37_SlowDown", openai, 429, openai_error("x", "requests", R"("slow_down")"), throttled,
       30s},
      {"Row37_SlowDownUnder503", openai, 503, openai_error("Slow Down", "server_error", "null"),
       throttled, 30s},
      {"Row38_GroqFlexCapacity", openai, 498, openai_error("x", "x", R"("capacity_exceeded")"),
       overloaded},
      {"Row38_OtherMeaningOf498", openai, 498, R"({"message":"invalid token"})", request_fault},
      {"Row39_CerebrasQueue", openai, 429,
       openai_error("We're experiencing high traffic right now!", "too_many_requests_error",
                    R"("queue_exceeded")"),
       overloaded},
      {"Row40_AzureHighDemand", azure_openai, 429,
       R"({"error":{"code":"429","message":"The system is experiencing high demand. Please retry after 3 seconds."}})",
       overloaded, 3s},
      {"Row41_CohereTrialMinute", openai, 429,
       R"({"message":"You are using a Trial key, which is limited to 20 API calls / minute."})",
       throttled},
      {"Row41_CohereTrialMonth", openai, 429,
       R"({"message":"You are using a Trial key, which is limited to 1000 API calls / month."})",
       throttled, kUntilMonthEnd},
      {"Row42_DeepseekConcurrency", openai, 429,
       openai_error("Concurrent request limit reached", "x", "null"), throttled, 1s},
      {"Row43_BedrockThrottling",
       openai,
       429,
       R"({"message":"Too many requests"})",
       throttled,
       kNoHint,
       {{"x-amzn-ErrorType", "ThrottlingException:http://x"}}},
      {"Row43_BedrockDay",
       openai,
       429,
       R"({"message":"Too many tokens per day, please wait before trying again."})",
       throttled,
       kUntilUtcMidnight,
       {{"x-amzn-ErrorType", "ThrottlingException"}}},
      {"Row43_BedrockModelNotReady",
       openai,
       429,
       R"({"message":"Model is not ready for inference"})",
       throttled,
       kNoHint,
       {{"x-amzn-ErrorType", "ModelNotReadyException"}}},
      {"Row44_AnyOther429", openai, 429, "{}", throttled},
      {"Row44_TrustTheStatus", openai, 429,
       R"({"object":"error","type":"invalid_request_error","code":"invalid_request_error","message":"rate limit exceeded, please try again later"})",
       throttled},
      {"Row44_AnthropicWithHint",
       anthropic,
       429,
       anthropic_error("rate_limit_error", "This request would exceed your limit."),
       throttled,
       33s,
       {{"retry-after", "33"}}},
      {"Row44_ZeroHintIsNoTightLoop",
       anthropic,
       429,
       anthropic_error("rate_limit_error", "x"),
       throttled,
       1s,
       {{"retry-after", "0"}}},
      {"Row44_OpenRouterUpstream", openai, 429,
       R"({"error":{"code":429,"message":"Provider returned error","metadata":{"provider_code":"429","provider_name":"P"}}})",
       overloaded},
      {"Row45_AnthropicOverloaded", anthropic, 529,
       anthropic_error("overloaded_error", "Overloaded"), overloaded},
      {"Row45_GeminiUnavailable", gemini, 503,
       google_error(503, "UNAVAILABLE", "The model is overloaded."), overloaded},
      {"Row45_BadGatewayHtml", openai, 502, "<html>502</html>", overloaded},
      {"Row45_Cloudflare", openai, 522, "", overloaded},
      {"Row45_DeepseekBusy", openai, 503, openai_error("Server busy", "x", "null"), overloaded},
      {"Row45_FireworksOverloaded", openai, 503,
       R"({"object":"error","message":"model is overloaded","code":"SERVICE_UNAVAILABLE"})",
       overloaded},
      {"Row45_OpenRouterUnavailable", openai, 502,
       R"({"error":{"code":502,"message":"x","metadata":{"error_type":"provider_unavailable"}}})",
       overloaded},
      {"Row46_ServerError", openai, 500, openai_error("x", "server_error", "null"), server_error},
      {"Row46_AnthropicApiError", anthropic, 500, anthropic_error("api_error", "x"), server_error},
      {"Row46_GeminiInternal", gemini, 500, google_error(500, "INTERNAL", "x"), server_error},
      {"Row47_Timeout", anthropic, 504, anthropic_error("timeout_error", "x"), server_error},
      {"Row47_RequestTimeout", openai, 408, "{}", server_error},
      {"Row48_AnthropicConflict", anthropic, 409, anthropic_error("conflict_error", "x"),
       request_fault},
      {"Row48_Conflict", openai, 409, openai_error("x", "conflict_error", "null"), request_fault},
      {"Row49_ContextLength", openai, 400,
       openai_error("x", "invalid_request_error", R"("context_length_exceeded")"), request_fault},
      {"Row49_PromptTooLong", anthropic, 400,
       anthropic_error("invalid_request_error", "prompt is too long: 210000 tokens > 200000"),
       request_fault},
      {"Row49_RequestTooLarge", anthropic, 413, anthropic_error("request_too_large", "x"),
       request_fault},
      {"Row50_EncryptedContent", openai, 400,
       openai_error("x", "invalid_request_error", R"("invalid_encrypted_content")"), request_fault},
      {"Row50_PreviousResponse", openai, 400,
       openai_error("Previous response with id 'resp_1' not found.", "invalid_request_error",
                    R"("previous_response_not_found")"),
       request_fault},
      {"Row51_OpenaiModel", openai, 404,
       openai_error("The model `m` does not exist or you do not have access to it.",
                    "invalid_request_error", R"("model_not_found")"),
       no_model_access},
      {"Row51_VllmModel", openai, 404,
       R"({"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","code":404})",
       no_model_access},
      {"Row51_OllamaModel", openai, 404, R"({"error":"model 'm' not found"})", no_model_access},
      {"Row51_CerebrasArchived", openai, 404, openai_error("x", "x", R"("model_archived")"),
       no_model_access},
      {"Row51_AnthropicModel", anthropic, 404, anthropic_error("not_found_error", "model: m"),
       no_model_access},
      {"Row51_GeminiModel", gemini, 404,
       google_error(404, "NOT_FOUND", "models/m is not found for API version v1beta"),
       no_model_access},
      {"Row51_AzureDeployment", azure_openai, 404,
       R"({"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}})",
       no_model_access},
      {"Row52_Resource", openai, 404,
       openai_error("No such File object: file-1", "invalid_request_error", "null"), request_fault},
      {"Row52_AnthropicResource", anthropic, 404,
       anthropic_error("not_found_error", "Message batch not found"), request_fault},
      {"Row53_Other", openai, 400, openai_error("x", "invalid_request_error", "null"),
       request_fault},
      {"Row53_Unprocessable", openai, 422, R"({"detail":[{"msg":"x"}]})", request_fault},
      {"Row53_TogetherContextIs403", openai, 403,
       openai_error("Input plus max_tokens is above the context length", "invalid_request_error",
                    "null"),
       request_fault},
      {"Row54_WrappedCode", gemini, 500, R"({"error":{"code":429,"message":"x"}})", throttled},
      {"Row54_WrappedStatus", openai, 400,
       R"({"error":{"code":400,"status":"RESOURCE_EXHAUSTED","message":"x"}})", throttled},
      {"Row54_WrappedText", openai, 500,
       R"({"error":{"message":"upstream: {\"error\":{\"code\":429}}"}})", throttled},
      {"Row56_OllamaBusy", openai, 503,
       R"({"error":"server busy, please try again.  maximum pending requests exceeded"})",
       overloaded, 1s},
      {"Row57_LlamaLoading", openai, 503,
       R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})", overloaded,
       2s},
      {"Row58_VllmQueue", openai, 503, R"({"error":{"message":"queue full","code":503}})",
       overloaded},
      {"Row59_ClientClosed", openai, 499, "{}", request_fault},
      {"Row60_AzureStreamedRefusal",
       azure_openai,
       200,
       "",
       throttled,
       4s,
       {{"content-type", "text/event-stream; charset=utf-8"}, {"retry-after", "4"}}},
      {"Row60_AzureServed",
       azure_openai,
       200,
       "",
       success,
       kNoHint,
       {{"content-type", "text/event-stream"}, {"x-ratelimit-remaining-tokens", "-27689"}}},
      {"Success", openai, 200, "", success},
      {"RedirectIsTheClientsToFollow", openai, 307, "", success},
  };
  return all;
}

class VerdictTable : public testing::TestWithParam<Row> {};

TEST_P(VerdictTable, Decides) {
  const Row& row = GetParam();

  const Verdict verdict = judge(row.dialect, {row.status, row.headers, row.host}, row.body, kNow);

  EXPECT_EQ(to_string(verdict.kind), to_string(row.kind)) << verdict.reason;
  EXPECT_EQ(verdict.retry_after, row.rests)
      << (verdict.retry_after ? verdict.retry_after->count() : -1);
  EXPECT_EQ(verdict.reason.empty(), row.kind == success);
}

INSTANTIATE_TEST_SUITE_P(Rows, VerdictTable, testing::ValuesIn(rows()),
                         [](const auto& row) { return row.param.name; });

TEST(Verdict, OnlyALeakedKeyWaitsForAnOperator) {
  const auto leaked =
      judge(gemini, {403, {}},
            google_error(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), kNow);
  const auto wrong = judge(
      gemini, {400, {}},
      google_error(400, "INVALID_ARGUMENT", "API key not valid.", google_reason("API_KEY_INVALID")),
      kNow);

  EXPECT_TRUE(leaked.operator_only);
  EXPECT_FALSE(wrong.operator_only);
}

TEST(Verdict, ARequestAboveTheLimitItselfFitsALargerLane) {
  const auto wall = judge(
      openai, {413, {}},
      openai_error("Request too large for model `m`", "tokens", R"("rate_limit_exceeded")"), kNow);
  const auto body_size = judge(openai, {413, {}}, "{}", kNow);

  EXPECT_TRUE(wall.larger_lane_may_serve);
  EXPECT_FALSE(body_size.larger_lane_may_serve);
}

// Rows 37 and 42.
TEST(Verdict, AThrottledLaneMayBeAskedForMoreThanARest) {
  const auto asked = [](std::string_view message, std::string_view code) {
    return judge(openai, {429, {}}, openai_error(message, "requests", code), kNow).asked;
  };
  EXPECT_EQ(asked("x", R"("slow_down")"), LaneAsked::slower);
  EXPECT_EQ(asked("You exceeded your concurrency limit", "null"), LaneAsked::fewer_at_once);
  EXPECT_EQ(asked("Rate limit reached", R"("rate_limit_exceeded")"), LaneAsked::nothing);
}

// Rows 9, 50, 52: the wrong account's key was asked.
TEST(Verdict, WhatWasNotFoundHereMayBeFoundElsewhere) {
  const auto owner_elsewhere = [](Dialect dialect, int status, const std::string& body) {
    return judge(dialect, {status, {}}, body, kNow).another_owner_may_serve;
  };

  EXPECT_TRUE(owner_elsewhere(openai, 404, openai_error("No such File object: f", "x", "null")));
  EXPECT_TRUE(
      owner_elsewhere(openai, 400, openai_error("x", "x", R"("previous_response_not_found")")));
  EXPECT_TRUE(owner_elsewhere(anthropic, 404,
                              anthropic_error("not_found_error", "Message batch not found")));
  EXPECT_TRUE(owner_elsewhere(
      gemini, 403,
      google_error(403, "PERMISSION_DENIED", "You do not have permission to access the File f")));
  EXPECT_TRUE(owner_elsewhere(gemini, 404, google_error(404, "NOT_FOUND", "File not found.")));

  EXPECT_FALSE(
      owner_elsewhere(openai, 400, openai_error("x", "x", R"("invalid_encrypted_content")")));
  EXPECT_FALSE(owner_elsewhere(openai, 404, openai_error("x", "x", R"("model_not_found")")));
  EXPECT_FALSE(owner_elsewhere(openai, 400, "{}"));
}

TEST(Verdict, NeedsTheBodyOfErrorsOnly) {
  EXPECT_FALSE(needs_body({200, {}}));
  EXPECT_FALSE(needs_body({307, {}}));
  EXPECT_TRUE(needs_body({400, {}}));
  EXPECT_TRUE(needs_body({529, {}}));
}

// §4.3: what must not be taken for something else.
struct Trap {
  std::string name;
  Dialect dialect;
  int status;
  std::string body;
  VerdictKind kind;
};

void PrintTo(const Trap& trap, std::ostream* out) { *out << trap.name; }

class VerdictTraps : public testing::TestWithParam<Trap> {};

TEST_P(VerdictTraps, AreSteppedAround) {
  const Trap& trap = GetParam();
  EXPECT_EQ(to_string(judge(trap.dialect, {trap.status, {}}, trap.body, kNow).kind),
            to_string(trap.kind));
}

INSTANTIATE_TEST_SUITE_P(
    Traps, VerdictTraps,
    testing::Values(
        Trap{
            "DigitsInsideADelayAreNoStatus", gemini, 429,
            google_error(429, "RESOURCE_EXHAUSTED", "x",
                         google_quota("GenerateRequestsPerMinutePerProject", "5", "18.403470473s")),
            throttled},
        Trap{"RateInsideAWordIsNoLimit", openai, 400,
             openai_error("Failed to generate: rate of change must be positive",
                          "invalid_request_error", "null"),
             request_fault},
        Trap{"UsersTextAboutCreditsIsNoDepletion", openai, 400,
             openai_error("Invalid value: 'insufficient_quota'", "invalid_request_error", "null"),
             request_fault},
        Trap{"NumberAsCode", openai, 429, R"({"error":{"code":1300,"message":"x"}})", throttled},
        Trap{"LabsCodeAsNumber", openai, 403,
             R"({"object":"error","message":"x","type":"forbidden","code":1913})", no_model_access},
        Trap{"ErrorIsAString", openai, 429, R"({"code":"x","error":"Too many requests"})",
             throttled},
        Trap{"StatusInADelayOfAnother", gemini, 400,
             google_error(400, "INVALID_ARGUMENT", "waited 429s and 403ms"), request_fault},
        Trap{"RateLimitedAsTypeIsNoCode", openai, 400,
             openai_error("x", "rate_limited", R"("invalid_request")"), request_fault},
        Trap{"TokensAsTypeIsNoVerdict", openai, 400, openai_error("x", "tokens", "null"),
             request_fault},
        Trap{"TopLevelError", openai, 429,
             R"({"object":"error","message":"Requests rate limit exceeded"})", throttled},
        Trap{"GeminiArrayOfErrors", gemini, 400,
             "[" + google_error(400, "INVALID_ARGUMENT", "x", google_reason("API_KEY_INVALID")) +
                 "]",
             bad_key},
        Trap{"InteractionsCodeIsAWord", gemini, 400,
             R"({"error":{"code":"invalid_request","message":"x"}})", request_fault},
        Trap{"UnknownStatusOfThe400s", openai, 418, "short and stout", request_fault},
        Trap{"UnknownStatusOfThe500s", openai, 599, "", server_error},
        Trap{"ErrorIsNull", openai, 500, R"({"error":null})", server_error},
        Trap{"ErrorIsANumber", openai, 400, R"({"error":7})", request_fault},
        Trap{"EmptyArray", gemini, 429, "[]", throttled},
        Trap{"ArrayOfStrings", gemini, 400, R"(["x"])", request_fault},
        Trap{"BlankLinesBefore", openai, 402,
             std::string(20, '\n') + R"({"error":{"message":"Insufficient Balance"}})", depleted},
        Trap{"CutJson", openai, 401, R"({"error":{"message":"Incor)", bad_key},
        Trap{"NotUtf8", openai, 429, "{\"error\":{\"message\":\"\xff\xfe\"}}", throttled},
        Trap{
            "MessageIsAnObject", openai, 422,
            R"({"object":"error","message":{"detail":[{"type":"extra_forbidden"}]},"type":"invalid_request_error"})",
            request_fault}),
    [](const auto& trap) { return trap.param.name; });

TEST(Verdict, ReadsNoMoreThanItsShareOfAHugeBody) {
  const std::string huge =
      R"({"error":{"message":")" + std::string(8 << 20, 'x') + R"(","code":"insufficient_quota"}})";

  EXPECT_EQ(judge(openai, {429, {}}, huge, kNow).kind, throttled);
}

TEST(Verdict, SurvivesDeepNesting) {
  const std::string deep = R"({"error":)" + std::string(60'000, '[');

  EXPECT_EQ(judge(openai, {500, {}}, deep, kNow).kind, server_error);
}

TEST(Verdict, ReasonHoldsNothingOfTheProvidersText) {
  const auto verdict = judge(
      openai, {401, {}},
      openai_error("Incorrect API key provided: sk-SECRET", "x", R"("invalid_api_key")"), kNow);

  EXPECT_EQ(verdict.reason, "key refused (invalid_api_key)");
}

// Row 60: errors inside a stream that began as a success.
struct Event {
  std::string name;
  Dialect dialect;
  std::string data;
  std::optional<VerdictKind> kind;
};

void PrintTo(const Event& event, std::ostream* out) { *out << event.name; }

class StreamedErrors : public testing::TestWithParam<Event> {};

TEST_P(StreamedErrors, AreJudgedByTheCodeInside) {
  const Event& event = GetParam();

  const auto verdict = judge_event(event.dialect, event.data, kNow);

  ASSERT_EQ(verdict.has_value(), event.kind.has_value());
  if (verdict) {
    EXPECT_EQ(to_string(verdict->kind), to_string(*event.kind));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Row60, StreamedErrors,
    testing::Values(
        Event{"AnthropicOverloaded", anthropic, anthropic_error("overloaded_error", "Overloaded"),
              overloaded},
        Event{"AnthropicRateLimit", anthropic, anthropic_error("rate_limit_error", "x"), throttled},
        Event{"AnthropicApiError", anthropic, anthropic_error("api_error", "x"), server_error},
        Event{"OpenaiChat", openai, openai_error("x", "server_error", "null"), server_error},
        Event{
            "OpenaiResponsesError", openai,
            R"({"type":"error","code":"rate_limit_exceeded","message":"Please try again in 2s.","param":null,"sequence_number":2})",
            throttled},
        Event{
            "OpenaiResponsesFailed", openai,
            R"({"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"server_error","message":"x"}}})",
            server_error},
        Event{
            "OpenRouter", openai,
            R"({"id":"g","choices":[{"finish_reason":"error"}],"error":{"code":502,"message":"x","metadata":{"error_type":"provider_unavailable"}}})",
            overloaded},
        Event{"OpenRouterStringCode", openai,
              R"({"error":{"code":"rate_limit_exceeded","message":"x"}})", throttled},
        Event{"Gemini", gemini, google_error(429, "RESOURCE_EXHAUSTED", "x"), throttled},
        Event{"GeminiInteractions", gemini,
              R"({"event_type":"error","error":{"code":"invalid_request","message":"x"}})",
              request_fault},
        Event{
            "OpenaiTooManyTokensForTheMoment", openai,
            R"({"type":"error","error":{"type":"tokens","code":"rate_limit_exceeded","message":"x"}})",
            throttled},
        Event{
            "OpenaiInvalidPrompt", openai,
            R"({"type":"response.failed","response":{"error":{"code":"invalid_prompt","message":"x"}}})",
            request_fault},
        Event{
            "OpenaiPictureItCannotUse", openai,
            R"({"type":"response.failed","response":{"error":{"code":"image_parse_error","message":"x"}}})",
            request_fault},
        Event{
            "OpenaiVectorStoreTimeout", openai,
            R"({"type":"response.failed","response":{"error":{"code":"vector_store_timeout","message":"x"}}})",
            server_error},
        Event{
            "OpenaiOverloaded", openai,
            R"({"error":{"message":"x","type":"service_unavailable_error","code":"server_is_overloaded"}})",
            overloaded},
        Event{
            "OpenaiNoCredit", openai,
            R"({"error":{"message":"x","type":"insufficient_quota","code":"insufficient_quota"}})",
            depleted},
        Event{"AnthropicAuthentication", anthropic,
              anthropic_error("authentication_error", "invalid x-api-key"), bad_key},
        Event{"AnthropicPermission", anthropic, anthropic_error("permission_error", "x"),
              no_model_access},
        Event{"AnthropicTimeout", anthropic, anthropic_error("timeout_error", "x"), server_error},
        Event{"AnthropicInvalidRequest", anthropic, anthropic_error("invalid_request_error", "x"),
              request_fault},
        Event{"GeminiUnavailable", gemini, google_error(503, "UNAVAILABLE", "x"), overloaded},
        Event{"FinishedByAFilterIsNoError", openai,
              R"({"choices":[{"delta":{},"finish_reason":"content_filter"}]})", std::nullopt},
        Event{"GeminiSafetyIsNoError", gemini, R"({"promptFeedback":{"blockReason":"SAFETY"}})",
              std::nullopt},
        Event{
            "ResponsesIncompleteIsNoError", openai,
            R"({"type":"response.incomplete","response":{"status":"incomplete","error":null,"incomplete_details":{"reason":"max_output_tokens"}}})",
            std::nullopt},
        Event{
            "AnthropicRefusalIsNoError", anthropic,
            R"({"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":1}})",
            std::nullopt},
        Event{"OllamaLine", openai, R"({"error":"an error was encountered"})", server_error},
        Event{"Content", openai, R"({"choices":[{"delta":{"content":"error"}}]})", std::nullopt},
        Event{"NullError", openai, R"({"type":"response.created","response":{"error":null}})",
              std::nullopt},
        Event{"Done", openai, "[DONE]", std::nullopt},
        Event{"Ping", anthropic, R"({"type":"ping"})", std::nullopt}),
    [](const auto& event) { return event.param.name; });

}  // namespace
}  // namespace keypool::provider
