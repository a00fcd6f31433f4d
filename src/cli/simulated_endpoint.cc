#include "cli/simulated_endpoint.h"

namespace keypool::cli {

std::expected<void, std::string> SimulatedEndpoint::join(const std::string& name,
                                                         config::Config& config, KeyPool& pool) {
  if (auto started = provider_.start(); !started) return started;
  config::Endpoint& endpoint = config.endpoints.emplace_back();
  endpoint.name = name;
  endpoint.base_url.host = "127.0.0.1";
  endpoint.base_url.port = provider_.port();
  endpoint.dialect = provider::Dialect::openai;
  for (const lab::Key& key : keys_) {
    pool.add_key(name, {.name = key.name, .secret = Secret(key.secret), .group = key.organization});
  }
  return {};
}

}  // namespace keypool::cli
