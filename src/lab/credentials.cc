#include "lab/credentials.h"

namespace keypool::lab {

std::vector<std::string_view> credentials_of(const http::Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  std::vector<std::string_view> found;
  const auto add = [&found](std::string_view value) {
    if (!value.empty()) found.push_back(value);
  };
  for (const http::Header& header : request.headers) {
    if (http::same_name(header.name, "authorization")) {
      const bool bearer = http::same_name(header.value.substr(0, kBearer.size()), kBearer);
      add(bearer ? header.value.substr(kBearer.size()) : header.value);
    } else if (http::same_name(header.name, "x-api-key") ||
               http::same_name(header.name, "api-key") ||
               http::same_name(header.name, "x-goog-api-key")) {
      add(header.value);
    }
  }
  // A browser's WebSocket has no other place for it.
  constexpr std::string_view kProtocol = "openai-insecure-api-key.";
  const auto offered = request.header("sec-websocket-protocol").value_or("");
  if (const auto at = offered.find(kProtocol); at != offered.npos) {
    const auto key = offered.substr(at + kProtocol.size());
    add(key.substr(0, key.find_first_of(", ")));
  }
  for (std::string_view rest = request.query(); !rest.empty();) {
    const auto end = rest.find('&');
    const std::string_view parameter = rest.substr(0, end);
    if (parameter.starts_with("key=")) add(parameter.substr(4));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  }
  return found;
}

}  // namespace keypool::lab
