#include "admin/token.h"

#include "admin/json_answer.h"
#include "state/client.h"

namespace keypool::admin {
namespace {

bool open_to_all(std::string_view path) {
  return path == "/" || path.starts_with("/assets/") || path == "/healthz" || path == "/readyz";
}

std::string_view bearer_of(const http::Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto value = request.header("authorization").value_or("");
  if (!http::same_name(value.substr(0, kBearer.size()), kBearer)) return {};
  return value.substr(kBearer.size());
}

}  // namespace

std::optional<http::Answer> refusal_without_token(const http::Request& request,
                                                  std::string_view token_hash) {
  if (token_hash.empty() || open_to_all(request.path())) return std::nullopt;
  const auto wanted = state::parse_token_hash(token_hash);
  const auto token = bearer_of(request);
  if (wanted && state::same_digest(*wanted, state::digest_of_token(token))) return std::nullopt;
  http::Answer refused = error_answer(
      401, "unauthorized",
      token.empty() ? "this needs the admin token: Authorization: Bearer TOKEN"
                    : "this is not the admin token whose hash the configuration holds");
  refused.headers.push_back({"www-authenticate", "Bearer realm=\"keypool\""});
  return refused;
}

}  // namespace keypool::admin
