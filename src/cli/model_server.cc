#include "cli/model_server.h"

#include <nlohmann/json.hpp>

#include "http/client.h"

namespace keypool::cli {

bool answers_as_model_server(const std::string& host, std::uint16_t port) {
  const auto answer = http::fetch({.host = host,
                                   .port = port,
                                   .target = "/v1/models",
                                   .deadline = std::chrono::milliseconds(300),
                                   .max_body_bytes = 1024 * 1024});
  if (!answer || answer->status != 200 || answer->header("x-keypool-endpoint")) return false;
  const auto body = nlohmann::json::parse(answer->body, nullptr, false);
  return body.is_object() && body.value("object", "") == "list" && body.contains("data");
}

}  // namespace keypool::cli
