#include <chrono>

#include <nlohmann/json.hpp>

#include "provider/speech.h"
#include "provider/target.h"

namespace keypool::provider {

namespace {

using namespace std::chrono_literals;
using Kind = VerdictKind;

// Sources: Google's API error model and Gemini API documentation, the staff's posts on keys, and
// captured answers; read 2026-11.
constexpr Rule kRules[] = {
    {.row = "7",
     .clue = Clue::text,
     .is = "multiple authentication credentials",
     .kind = Kind::request_fault,
     .reason = "two credentials in one call"},
    {.row = "7",
     .clue = Clue::text,
     .is = "used with other authentication credentials",
     .kind = Kind::request_fault,
     .reason = "two credentials in one call"},

    // The key.
    {.row = "5",
     .from = 400,
     .to = 403,
     .clue = Clue::label,
     .is = "API_KEY_INVALID",
     .kind = Kind::bad_key,
     .reason = "key refused (API_KEY_INVALID)"},
    {.row = "6",
     .from = 401,
     .to = 403,
     .clue = Clue::label,
     .is = "ACCESS_TOKEN_TYPE_UNSUPPORTED",
     .kind = Kind::bad_key,
     .reason = "kind of key not accepted here"},
    {.row = "8",
     .from = 400,
     .to = 403,
     .clue = Clue::text,
     .is = "reported as leaked",
     .kind = Kind::bad_key,
     .reason = "the provider calls the key leaked",
     .operator_only = true},
    {.row = "13",
     .from = 403,
     .to = 403,
     .clue = Clue::label,
     .is = "CONSUMER_SUSPENDED",
     .kind = Kind::bad_key,
     .reason = "project suspended"},
    {.row = "13",
     .from = 403,
     .to = 403,
     .clue = Clue::text,
     .is = "suspended",
     .kind = Kind::bad_key,
     .reason = "suspended"},
    {.row = "13",
     .from = 403,
     .to = 403,
     .clue = Clue::label,
     .is = "API_KEY_SERVICE_BLOCKED",
     .kind = Kind::bad_key,
     .reason = "key not allowed for this API"},
    {.row = "2",
     .from = 403,
     .to = 403,
     .clue = Clue::label,
     .is = "API_KEY_IP_ADDRESS_BLOCKED",
     .kind = Kind::bad_key,
     .reason = "key not allowed from this address"},

    // A file or a cache belongs to the project that made it: no other model or key is refused by
    // this.
    {.row = "9 file",
     .from = 403,
     .to = 403,
     .clue = Clue::text,
     .is = "access the file",
     .kind = Kind::request_fault,
     .reason = "not this project's file",
     .another_owner_may_serve = true},
    {.row = "9 file",
     .from = 403,
     .to = 403,
     .clue = Clue::text,
     .is = "cachedcontent",
     .kind = Kind::request_fault,
     .reason = "not this project's cache",
     .another_owner_may_serve = true},
    {.row = "9",
     .from = 403,
     .to = 403,
     .clue = Clue::label,
     .is = "PERMISSION_DENIED",
     .kind = Kind::no_model_access,
     .reason = "no permission (PERMISSION_DENIED)",
     .rest = Rest::fallback,
     .fallback = 10min},
    {.row = "19",
     .from = 403,
     .to = 403,
     .clue = Clue::not_json,
     .kind = Kind::overloaded,
     .reason = "refused by an edge server"},

    // Limits. When several are violated the longest decides; the short delay that comes with a used
    // up day means nothing.
    {.row = "32",
     .from = 429,
     .to = 429,
     .clue = Clue::limit_of_zero,
     .kind = Kind::no_model_access,
     .reason = "the plan's limit for the model is 0",
     .rest = Rest::fallback,
     .fallback = 24h},
    {.row = "31 depleted",
     .from = 429,
     .to = 429,
     .clue = Clue::text,
     .is = "balance is depleted",
     .kind = Kind::depleted,
     .reason = "prepaid credit used up"},
    {.row = "29",
     .clue = Clue::quota_id,
     .is = "PerDay",
     .kind = Kind::throttled,
     .reason = "daily limit",
     .rest = Rest::pacific_midnight},
    {.row = "30",
     .clue = Clue::quota_id,
     .is = "PerMinute",
     .kind = Kind::throttled,
     .reason = "limit per minute",
     .fallback = 60s},
    {.row = "31", .from = 429, .to = 429, .kind = Kind::throttled, .reason = "rate limit"},

    {.row = "14",
     .from = 400,
     .to = 400,
     .clue = Clue::text,
     .is = "location is not supported",
     .kind = Kind::overloaded,
     .reason = "country not supported"},
    {.row = "27 billing",
     .from = 400,
     .to = 400,
     .clue = Clue::label,
     .is = "FAILED_PRECONDITION",
     .also_text = "billing",
     .kind = Kind::depleted,
     .reason = "billing not active"},
    {.row = "27 billing",
     .from = 400,
     .to = 400,
     .clue = Clue::label,
     .is = "FAILED_PRECONDITION",
     .also_text = "free tier",
     .kind = Kind::depleted,
     .reason = "no free tier here"},

    {.row = "51",
     .from = 404,
     .to = 404,
     .clue = Clue::text_prefix,
     .is = "models/",
     .kind = Kind::no_model_access,
     .reason = "model not found"},
    {.row = "51",
     .from = 404,
     .to = 404,
     .clue = Clue::text_prefix,
     .is = "the model ",
     .kind = Kind::no_model_access,
     .reason = "model not found"},
};

// `…/models/{model}:{verb}`; the provider goes by the path whatever the body says.
void read_path(std::string_view path, Call& call) {
  for (const std::string_view collection : {"/models/", "/tunedModels/"}) {
    const auto named = segment_after(path, collection);
    if (!named) continue;
    const std::size_t colon = named->rfind(':');
    if (colon == std::string_view::npos) return;  // about the model, not a call to it
    call.model = percent_decoded(named->substr(0, colon));
    call.stream = named->substr(colon + 1) == "streamGenerateContent";
    return;
  }
}

bool speaks_openai(std::string_view target) {
  return path_of(target).find("/openai/") != std::string_view::npos;
}

std::string_view status_name(int status) {
  switch (status) {
    case 400:
    case 413:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 502:
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return "INTERNAL";
  }
}

// Its SDKs read `code` as the status, so our code stands where Google puts reasons.
std::string error_body(std::string_view target, int status, std::string_view code,
                       std::string_view message) {
  if (speaks_openai(target)) return openai_error_body({}, status, code, message);
  const nlohmann::json detail{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                              {"reason", code},
                              {"domain", "keypool"},
                              {"metadata", {{"type", "keypool_error"}, {"code", code}}}};
  const nlohmann::json error{{"code", status},
                             {"message", message},
                             {"status", status_name(status)},
                             {"type", "keypool_error"},
                             {"details", nlohmann::json::array({detail})}};
  return dumped(nlohmann::json{{"error", error}});
}

}  // namespace

constinit const Speech kGemini{
    .credential_place =
        [](std::string_view target) noexcept {
          return speaks_openai(target) ? CredentialPlace{"authorization", "Bearer "}
                                       : CredentialPlace{"x-goog-api-key", ""};
        },
    .read_path = read_path,
    .rules = kRules,
    .error_body = error_body,
};

}  // namespace keypool::provider
