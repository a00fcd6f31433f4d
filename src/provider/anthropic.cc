#include <nlohmann/json.hpp>

#include "provider/speech.h"

namespace keypool::provider {

namespace {

using Kind = VerdictKind;

// Sources: Anthropic's error and rate limit documentation, read 2026-11; the credit and the
// disabled organization texts as users report them.
constexpr Rule kRules[] = {
    // An `Origin` header made it take the call for a browser's: the gateway's fault, not the key's.
    {.row = "3 CORS",
     .from = 401,
     .to = 401,
     .clue = Clue::text_prefix,
     .is = "cors requests are not allowed",
     .kind = Kind::request_fault,
     .reason = "taken for a browser's call"},
    {.row = "3",
     .from = 401,
     .to = 401,
     .clue = Clue::type,
     .is = "authentication_error",
     .kind = Kind::bad_key,
     .reason = "key refused (authentication_error)"},

    // Three walls of money, each with a status of its own.
    {.row = "25",
     .from = 400,
     .to = 400,
     .clue = Clue::text,
     .is = "specified api usage limit",
     .kind = Kind::depleted,
     .reason = "spending limit set in the console",
     .rest = Rest::named_date},
    {.row = "25 credit",
     .from = 400,
     .to = 400,
     .clue = Clue::text_prefix,
     .is = "your credit balance is too low",
     .kind = Kind::depleted,
     .reason = "no credit left"},
    {.row = "26",
     .from = 429,
     .to = 429,
     .clue = Clue::label,
     .is = "enforced_spend_limit_reached",
     .kind = Kind::depleted,
     .reason = "the tier's monthly spending limit",
     .rest = Rest::named_date},
    {.row = "23",
     .clue = Clue::type,
     .is = "billing_error",
     .kind = Kind::depleted,
     .reason = "billing (billing_error)"},

    {.row = "13",
     .from = 400,
     .to = 403,
     .clue = Clue::text_prefix,
     .is = "this organization has been disabled",
     .kind = Kind::bad_key,
     .reason = "organization disabled"},
    {.row = "16",
     .from = 403,
     .to = 403,
     .clue = Clue::type,
     .is = "permission_error",
     .kind = Kind::no_model_access,
     .reason = "no permission (permission_error)"},
    {.row = "19",
     .from = 403,
     .to = 403,
     .clue = Clue::not_json,
     .kind = Kind::overloaded,
     .reason = "refused by an edge server"},
    {.row = "51",
     .from = 404,
     .to = 404,
     .clue = Clue::type,
     .is = "not_found_error",
     .also_text = "model:",
     .kind = Kind::no_model_access,
     .reason = "model not found"},

    {.row = "45",
     .from = 500,
     .clue = Clue::type,
     .is = "overloaded_error",
     .kind = Kind::overloaded,
     .reason = "overloaded"},
};

std::string error_body(std::string_view, int, std::string_view code, std::string_view message) {
  const nlohmann::json error{{"type", "keypool_error"}, {"message", message}, {"code", code}};
  return dumped(nlohmann::json{{"type", "error"}, {"error", error}});
}

}  // namespace

constinit const Speech kAnthropic{
    .credential_place =
        [](std::string_view) noexcept {
          return CredentialPlace{"x-api-key", ""};
        },
    .read_path = [](std::string_view, Call&) {},
    .rules = kRules,
    .error_body = error_body,
};

}  // namespace keypool::provider
