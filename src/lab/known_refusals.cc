#include "lab/known_answers.h"

namespace keypool::lab {
namespace {

// Composed from the providers' error references, SDKs and captured answers, read 2026-11; names and
// numbers are invented.
// clang-format off: the bodies stand as they come
constexpr KnownAnswer kRefusals[] = {
    // OpenAI

    {.name = "openai.invalid_api_key", .status = 401,
     .body = R"({"error":{"message":"Incorrect API key provided: sk-la***ab.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})"},
    {.name = "openai.not_in_organization", .status = 401,
     .body = R"({"error":{"message":"You must be a member of an organization to use the API.","type":"invalid_request_error","param":null,"code":null}})"},
    {.name = "openai.address_not_allowed", .status = 401,
     .body = R"({"error":{"message":"IP not authorized. The request's IP is not on the allowlist.","type":"invalid_request_error","param":null,"code":null}})"},
    {.name = "openai.unsupported_country", .status = 403,
     .body = R"({"error":{"message":"Country, region, or territory not supported","type":"request_forbidden","param":null,"code":"unsupported_country_region_territory"}})"},
    {.name = "openai.model_access", .status = 403,
     .body = R"({"error":{"message":"Project `proj_lab` does not have access to model `lab-model`","type":"invalid_request_error","param":null,"code":"model_not_found"}})"},
    {.name = "openai.insufficient_quota", .status = 429,
     .body = R"({"error":{"message":"The quota is used up, please check plan and billing.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})"},
    {.name = "openai.credit_balance_exhausted", .status = 429,
     .body = R"({"error":{"message":"The quota is used up, please check plan and billing.","type":"insufficient_quota","param":null,"code":"credit_balance_exhausted"}})"},
    {.name = "openai.organization_spend_limit_exceeded", .status = 429,
     .body = R"({"error":{"message":"The quota is used up, please check plan and billing.","type":"insufficient_quota","param":null,"code":"organization_spend_limit_exceeded"}})"},
    {.name = "openai.organization_usage_limit_exceeded", .status = 429,
     .body = R"({"error":{"message":"The quota is used up, please check plan and billing.","type":"insufficient_quota","param":null,"code":"organization_usage_limit_exceeded"}})"},
    {.name = "openai.project_spend_limit_exceeded", .status = 429,
     .body = R"({"error":{"message":"The quota is used up, please check plan and billing.","type":"insufficient_quota","param":null,"code":"project_spend_limit_exceeded"}})"},
    {.name = "openai.billing_hard_limit_reached", .status = 400,
     .body = R"({"error":{"message":"Billing hard limit has been reached","type":"invalid_request_error","param":null,"code":"billing_hard_limit_reached"}})"},
    {.name = "openai.rate_limit_in_words", .status = 429,
     .body = R"({"error":{"message":"Rate limit reached for lab-model in organization org-lab on tokens per min (TPM): Limit 30000, Used 28650, Requested 2100. Please try again in 1.5s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "openai.rate_limit_in_ms", .status = 429, .headers = "retry-after-ms: 1500",
     .body = R"({"error":{"message":"Rate limit reached for lab-model in organization org-lab on tokens per min (TPM): Limit 30000, Used 28650, Requested 2100.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "openai.rate_limit_in_seconds", .status = 429, .headers = "retry-after: 5",
     .body = R"({"error":{"message":"Rate limit reached for lab-model in organization org-lab on tokens per min (TPM): Limit 30000, Used 28650, Requested 2100.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "openai.rate_limit_until_date", .status = 429, .headers = "date: Mon, 23 Nov 2026 12:00:00 GMT\n"
                                          "retry-after: Mon, 23 Nov 2026 12:00:20 GMT",
     .body = R"({"error":{"message":"Rate limit reached for lab-model in organization org-lab on tokens per min (TPM): Limit 30000, Used 28650, Requested 2100.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "openai.rate_limit_without_hint", .status = 429,
     .body = R"({"error":{"message":"Rate limit reached for lab-model in organization org-lab on tokens per min (TPM): Limit 30000, Used 28650, Requested 2100.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "openai.request_too_large", .status = 429,
     .body = R"({"error":{"message":"Request too large for lab-model on tokens per min (TPM): Limit 30000, Requested 41000.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "openai.slow_down", .status = 429,
     .body = R"({"error":{"message":"Requests rise too fast.","type":"requests","param":null,"code":"slow_down"}})"},
    {.name = "openai.slow_down_503", .status = 503,
     .body = R"({"error":{"message":"Slow Down","type":"server_error","param":null,"code":null}})"},
    {.name = "openai.overloaded", .status = 503,
     .body = R"({"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error","param":null,"code":"server_is_overloaded"}})"},
    {.name = "openai.server_error", .status = 500,
     .body = R"({"error":{"message":"The server had an error while processing the request.","type":"server_error","param":null,"code":null}})"},
    {.name = "openai.request_timeout", .status = 408,
     .body = R"({"error":{"message":"The request took too long.","type":"timeout","param":null,"code":null}})"},
    {.name = "openai.conflict", .status = 409,
     .body = R"({"error":{"message":"Another request changed the object.","type":"conflict_error","param":null,"code":null}})"},
    {.name = "openai.context_length_exceeded", .status = 400,
     .body = R"({"error":{"message":"The context of this model is 8192 tokens.","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}})"},
    {.name = "openai.invalid_request", .status = 400,
     .body = R"({"error":{"message":"Invalid value: 'x'.","type":"invalid_request_error","param":null,"code":"invalid_value"}})"},
    {.name = "openai.invalid_encrypted_content", .status = 400,
     .body = R"({"error":{"message":"The encrypted content could not be verified.","type":"invalid_request_error","param":null,"code":"invalid_encrypted_content"}})"},
    {.name = "openai.previous_response_not_found", .status = 400,
     .body = R"({"error":{"message":"Previous response with id 'resp_lab' not found.","type":"invalid_request_error","param":null,"code":"previous_response_not_found"}})"},
    {.name = "openai.model_not_found", .status = 404,
     .body = R"({"error":{"message":"The model `lab-model` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}})"},
    {.name = "openai.no_such_file", .status = 404,
     .body = R"({"error":{"message":"No such File object: file-lab","type":"invalid_request_error","param":null,"code":null}})"},

    // Azure

    {.name = "azure.access_denied", .status = 401,
     .body = R"({"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}})"},
    {.name = "azure.high_demand", .status = 429, .headers = "retry-after: 3",
     .body = R"({"error":{"code":"429","message":"The system is experiencing high demand. Please retry after 3 seconds."}})"},
    {.name = "azure.rate_limit", .status = 429, .headers = "retry-after: 7\n"
                                          "retry-after-ms: 6400\n"
                                          "x-ratelimit-remaining-tokens: -27689\n"
                                          "x-ratelimit-reset-tokens: 64",
     .body = R"({"error":{"code":"429","message":"Requests have exceeded the rate limit of the deployment."}})"},
    {.name = "azure.deployment_not_found", .status = 404,
     .body = R"({"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}})"},

    // Anthropic

    {.name = "anthropic.authentication_error", .status = 401,
     .body = R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_lab"})"},
    {.name = "anthropic.cors", .status = 401,
     .body = R"({"type":"error","error":{"type":"authentication_error","message":"CORS requests are not allowed for this Organization."},"request_id":"req_lab"})"},
    {.name = "anthropic.billing_error", .status = 402,
     .body = R"({"type":"error","error":{"type":"billing_error","message":"The payment method was declined."},"request_id":"req_lab"})"},
    {.name = "anthropic.permission_error", .status = 403,
     .body = R"({"type":"error","error":{"type":"permission_error","message":"The key may not use this resource."},"request_id":"req_lab"})"},
    {.name = "anthropic.spend_limit", .status = 400,
     .body = R"({"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."},"request_id":"req_lab"})"},
    {.name = "anthropic.enforced_spend_limit", .status = 429,
     .body = R"({"type":"error","error":{"type":"rate_limit_error","message":"The organization has reached its monthly limit; access resumes on 2026-12-01.","details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"req_lab"})"},
    {.name = "anthropic.rate_limit", .status = 429, .headers = "retry-after: 33\n"
                                          "anthropic-ratelimit-requests-limit: 50\n"
                                          "anthropic-ratelimit-requests-remaining: 0",
     .body = R"({"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the organization's rate limit."},"request_id":"req_lab"})"},
    {.name = "anthropic.overloaded", .status = 529,
     .body = R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_lab"})"},
    {.name = "anthropic.api_error", .status = 500,
     .body = R"({"type":"error","error":{"type":"api_error","message":"Internal server error"},"request_id":"req_lab"})"},
    {.name = "anthropic.timeout_error", .status = 504,
     .body = R"({"type":"error","error":{"type":"timeout_error","message":"The request timed out."},"request_id":"req_lab"})"},
    {.name = "anthropic.prompt_too_long", .status = 400,
     .body = R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"},"request_id":"req_lab"})"},
    {.name = "anthropic.request_too_large", .status = 413,
     .body = R"({"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"},"request_id":"req_lab"})"},
    {.name = "anthropic.model_not_found", .status = 404,
     .body = R"({"type":"error","error":{"type":"not_found_error","message":"model: lab-model"},"request_id":"req_lab"})"},
    {.name = "anthropic.batch_not_found", .status = 404,
     .body = R"({"type":"error","error":{"type":"not_found_error","message":"Message batch not found"},"request_id":"req_lab"})"},

    // Gemini and Vertex

    {.name = "gemini.api_key_invalid", .status = 400,
     .body = R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}})"},
    {.name = "gemini.access_token_type_unsupported", .status = 401,
     .body = R"({"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_TYPE_UNSUPPORTED","domain":"googleapis.com"}]}})"},
    {.name = "gemini.multiple_credentials", .status = 400,
     .body = R"({"error":{"code":400,"message":"Multiple authentication credentials received. Please pass only one.","status":"INVALID_ARGUMENT"}})"},
    {.name = "gemini.leaked_key", .status = 403,
     .body = R"({"error":{"code":403,"message":"Your API key was reported as leaked. Please use another API key.","status":"PERMISSION_DENIED"}})"},
    {.name = "gemini.consumer_suspended", .status = 403,
     .body = R"({"error":{"code":403,"message":"Permission denied: Consumer 'api_key:lab' has been suspended.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"CONSUMER_SUSPENDED","domain":"googleapis.com"}]}})"},
    {.name = "gemini.permission_denied", .status = 403,
     .body = R"({"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}})"},
    {.name = "gemini.file_permission_denied", .status = 403,
     .body = R"({"error":{"code":403,"message":"You do not have permission to access the File lab or it may not exist.","status":"PERMISSION_DENIED"}})"},
    {.name = "gemini.per_day", .status = 429,
     .body = R"({"error":{"code":429,"message":"You exceeded your current quota. Please retry in 26.4s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_requests","quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"lab-model"},"quotaValue":"20"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"26s"}]}})"},
    {.name = "gemini.per_minute", .status = 429,
     .body = R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel","quotaDimensions":{"location":"global","model":"lab-model"},"quotaValue":"5"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"18.403470473s"}]}})"},
    {.name = "gemini.per_minute_in_ms", .status = 429,
     .body = R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel","quotaDimensions":{"location":"global","model":"lab-model"},"quotaValue":"5"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"290.979975ms"}]}})"},
    {.name = "gemini.per_minute_compound", .status = 429,
     .body = R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_requests","quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaDimensions":{"location":"global","model":"lab-model"},"quotaValue":"250000"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1m12.5s"}]}})"},
    {.name = "gemini.no_details", .status = 429,
     .body = R"({"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}})"},
    {.name = "gemini.prepay_depleted", .status = 429,
     .body = R"({"error":{"code":429,"message":"Prepay credit balance is depleted.","status":"RESOURCE_EXHAUSTED"}})"},
    {.name = "gemini.limit_zero", .status = 429,
     .body = R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_requests","quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"lab-model"},"quotaValue":"0"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"9s"}]}})"},
    {.name = "gemini.billing_off", .status = 400,
     .body = R"({"error":{"code":400,"message":"Please enable billing on the project.","status":"FAILED_PRECONDITION"}})"},
    {.name = "gemini.unavailable", .status = 503,
     .body = R"({"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}})"},
    {.name = "gemini.internal", .status = 500,
     .body = R"({"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}})"},
    {.name = "gemini.model_not_found", .status = 404,
     .body = R"({"error":{"code":404,"message":"models/lab-model is not found for API version v1beta","status":"NOT_FOUND"}})"},
    {.name = "vertex.wrapped_429", .status = 500,
     .body = R"({"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}})"},

    // Groq

    {.name = "groq.request_too_large", .status = 413, .headers = "retry-after: 65",
     .body = R"({"error":{"message":"Request too large for model `lab-model` in organization `org_lab` on tokens per minute (TPM): Limit 8000, Requested 11088","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "groq.rate_limit", .status = 429, .headers = "retry-after: 4\n"
                                          "x-ratelimit-limit-requests: 1000\n"
                                          "x-ratelimit-remaining-requests: 998\n"
                                          "x-ratelimit-reset-requests: 2m52.8s\n"
                                          "x-ratelimit-limit-tokens: 8000\n"
                                          "x-ratelimit-remaining-tokens: 5409\n"
                                          "x-ratelimit-reset-tokens: 194ms",
     .body = R"({"error":{"message":"Rate limit reached for model `lab-model` in organization `org_lab` on tokens per minute (TPM): Limit 8000, Used 2591, Requested 5863. Please try again in 3.405s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})"},
    {.name = "groq.flex_capacity", .status = 498,
     .body = R"({"error":{"message":"Flex tier capacity is exceeded.","type":"invalid_request_error","param":null,"code":"capacity_exceeded"}})"},

    // Mistral

    {.name = "mistral.limit_zero", .status = 429, .headers = "x-ratelimit-limit-req-minute: 0\n"
                                          "x-ratelimit-remaining-req-minute: 0",
     .body = R"({"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429})"},
    {.name = "mistral.remaining_zero", .status = 429, .headers = "x-ratelimit-limit-req-minute: 60\n"
                                          "x-ratelimit-remaining-req-minute: 0",
     .body = R"({"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429})"},
    {.name = "mistral.labs_model", .status = 403,
     .body = R"({"object":"error","message":"Labs models need admin opt-in","type":"forbidden","param":null,"code":"1913"})"},
    {.name = "mistral.unauthorized", .status = 401,
     .body = R"({"detail":"Unauthorized"})"},
    {.name = "mistral.validation", .status = 422,
     .body = R"({"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","x"]}]},"type":"invalid_request_error","param":null,"code":null})"},

    // DeepSeek, xAI, OpenRouter

    {.name = "deepseek.insufficient_balance", .status = 402,
     .body = R"({"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}})"},
    {.name = "deepseek.concurrency", .status = 429,
     .body = R"({"error":{"message":"Concurrent request limit reached, please wait.","type":"rate_limit_reached_error","param":null,"code":null}})"},
    {.name = "xai.credits", .status = 403,
     .body = R"({"code":"The caller does not have permission to execute the specified operation","error":"The team has either used all available credits or reached its monthly spending limit."})"},
    {.name = "xai.credits_429", .status = 429,
     .body = R"({"code":"Some resource has been exhausted","error":"The team has used all available credits."})"},
    {.name = "xai.blocked_key", .status = 403,
     .body = R"({"code":"The caller does not have permission to execute the specified operation","error":"Your API key is currently blocked."})"},
    {.name = "openrouter.in_flight_budget", .status = 402, .headers = "retry-after: 7",
     .body = R"({"error":{"code":402,"message":"Too much is in flight for the balance","metadata":{"limit_source":"openrouter_in_flight_budget"}}})"},
    {.name = "openrouter.weight_exceeds_budget", .status = 402,
     .body = R"({"error":{"code":402,"message":"The call may cost more than the balance","metadata":{"reason":"weight_exceeds_budget"}}})"},
    {.name = "openrouter.key_limit", .status = 402,
     .body = R"({"error":{"code":402,"message":"The key has reached its limit","metadata":{"limit_source":"openrouter_key_limit"}}})"},
    {.name = "openrouter.no_credits", .status = 402,
     .body = R"({"error":{"code":402,"message":"Insufficient credits","metadata":{"error_type":"payment_required"}}})"},
    {.name = "openrouter.moderation", .status = 403,
     .body = R"({"error":{"code":403,"message":"Input was flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}})"},
    {.name = "openrouter.upstream_rate_limit", .status = 429,
     .body = R"({"error":{"code":429,"message":"Provider returned error","metadata":{"provider_code":"429","provider_name":"lab"}}})"},

    // Perplexity, Fireworks, Cerebras, Cohere, Bedrock

    {.name = "perplexity.no_credit", .status = 401,
     .body = R"({"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","code":401}})"},
    {.name = "fireworks.suspended", .status = 412,
     .body = R"({"object":"error","message":"Account lab is suspended","code":"PRECONDITION_FAILED"})"},
    {.name = "fireworks.rate_limit", .status = 429,
     .body = R"({"object":"error","type":"invalid_request_error","code":"invalid_request_error","message":"rate limit exceeded, please try again later"})"},
    {.name = "cerebras.queue_exceeded", .status = 429,
     .body = R"({"error":{"message":"We are experiencing high traffic right now!","type":"too_many_requests_error","param":null,"code":"queue_exceeded"}})"},
    {.name = "cerebras.model_archived", .status = 404,
     .body = R"({"error":{"message":"The model was archived.","type":"invalid_request_error","param":null,"code":"model_archived"}})"},
    {.name = "cohere.trial_minute", .status = 429,
     .body = R"({"message":"You are using a Trial key, which is limited to 20 API calls / minute."})"},
    {.name = "cohere.trial_month", .status = 429,
     .body = R"({"message":"You are using a Trial key, which is limited to 1000 API calls / month."})"},
    {.name = "bedrock.throttling", .status = 429, .headers = "x-amzn-errortype: ThrottlingException",
     .body = R"({"message":"Too many requests, please wait before trying again."})"},
    {.name = "bedrock.daily_tokens", .status = 429, .headers = "x-amzn-errortype: ThrottlingException",
     .body = R"({"message":"Too many tokens per day, please wait before trying again."})"},

    // Servers on one's own machine

    {.name = "ollama.busy", .status = 503,
     .body = R"({"error":"server busy, please try again.  maximum pending requests exceeded"})"},
    {.name = "ollama.model_not_found", .status = 404,
     .body = R"({"error":"model 'lab-model' not found"})"},
    {.name = "llamacpp.loading", .status = 503,
     .body = R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})"},
    {.name = "vllm.queue_full", .status = 503,
     .body = R"({"object":"error","message":"The queue of requests is full.","type":"ServiceUnavailableError","code":503})"},

    // Edge servers, which speak no JSON

    {.name = "edge.blocked", .status = 403, .headers = "content-type: text/plain; charset=UTF-8\n"
                                          "server: cloudflare",
     .body = "error code: 1010"},
    {.name = "edge.bad_gateway", .status = 502, .headers = "content-type: text/html",
     .body = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad "
             "Gateway</h1></body></html>"},
};
// clang-format on

}  // namespace

std::span<const KnownAnswer> known_refusals() noexcept { return kRefusals; }

}  // namespace keypool::lab
