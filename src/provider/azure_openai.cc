#include "provider/speech.h"
#include "provider/target.h"

namespace keypool::provider {

namespace {

using Kind = VerdictKind;

// What Azure does beyond OpenAI's rules. Sources: its quota and error documentation, and captured
// answers; read 2026-11.
constexpr Rule kRules[] = {
    // A streamed response may be refused under status 200; only a refused one says `retry-after`.
    {.row = "60 Azure",
     .from = 200,
     .to = 200,
     .clue = Clue::streamed_refusal,
     .kind = Kind::throttled,
     .reason = "rate limit, told inside a stream"},
    {.row = "4",
     .from = 401,
     .to = 401,
     .kind = Kind::bad_key,
     .reason = "key refused, or not this resource's"},
    {.row = "51",
     .from = 404,
     .to = 404,
     .clue = Clue::label,
     .is = "DeploymentNotFound",
     .kind = Kind::no_model_access,
     .reason = "no such deployment"},
    {.row = "44 API Management",
     .from = 403,
     .to = 403,
     .clue = Clue::text,
     .is = "out of call volume quota",
     .kind = Kind::throttled,
     .reason = "call volume quota"},
};

// The classic paths name the deployment, and limits are a deployment's.
void read_path(std::string_view path, Call& call) {
  if (const auto deployment = segment_after(path, "/deployments/")) {
    call.model = percent_decoded(*deployment);
  }
}

}  // namespace

constinit const Speech kAzureOpenai{
    .credential_place =
        [](std::string_view) noexcept {
          return CredentialPlace{"api-key", ""};
        },
    .read_path = read_path,
    .rules = kRules,
    .like = &kOpenai,
    .error_body = openai_error_body,
};

}  // namespace keypool::provider
