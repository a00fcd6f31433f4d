#include "provider/speech.h"

namespace keypool::provider {

// An API that keypool knows nothing of: Bearer, OpenAI's error shape, judged by its statuses.
constinit const Speech kGeneric{
    .credential_place =
        [](std::string_view) noexcept {
          return CredentialPlace{"authorization", "Bearer "};
        },
    .read_path = [](std::string_view, Call&) {},
    .rules = {},
    .error_body = openai_error_body,
};

}  // namespace keypool::provider
