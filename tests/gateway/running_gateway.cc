#include "tests/gateway/running_gateway.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace keypool::gateway::testing {

RunningGateway::RunningGateway(std::uint16_t upstream_port)
    : RunningGateway(upstream_port, Setup{}) {}

RunningGateway::RunningGateway(std::uint16_t upstream_port, Setup setup)
    : pool_({.clock = setup.clock}) {
  if (setup.clock != nullptr) setup.parts.clock = setup.clock;
  config::Config config;
  config.listen = {"127.0.0.1", 0};
  config.threads = setup.threads;
  config::Endpoint endpoint;
  endpoint.name = "openai";
  endpoint.base_url.host = "127.0.0.1";
  endpoint.base_url.port = upstream_port;
  endpoint.dialect = provider::Dialect::openai;
  endpoint.max_wait = std::chrono::milliseconds{0};
  config.endpoints.push_back(endpoint);
  setup.configure(config);
  for (const auto& configured : config.endpoints) {
    if (configured.keyless) continue;
    for (int i = 0; i < setup.keys; ++i) {
      pool_.add_key(configured.name,
                    {.name = "K" + std::to_string(i), .secret = Secret("sk-" + std::to_string(i))});
    }
  }
  gateway_ = std::make_unique<Gateway>(config, pool_, setup.parts);
  const auto started = gateway_->start();
  if (!started) throw std::runtime_error(started.error());
}

Message RunningGateway::call(std::string_view request) const {
  auto wire = connect();
  wire.send(request);
  auto answer = wire.read(request.starts_with("HEAD "));
  return answer ? std::move(*answer) : Message{};
}

bool RunningGateway::idle() const {
  return eventually([this] {
    if (gateway_->in_flight() > 0) return false;
    for (const auto& endpoint : pool_.all_stats()) {
      for (const auto& key : endpoint.keys) {
        if (key.in_flight > 0) return false;
      }
    }
    return true;
  });
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string post(std::string_view target, std::string_view body, std::string_view headers) {
  std::string request = "POST ";
  request.append(target).append(" HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n");
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request.append(headers).append("\r\n").append(body);
  return request;
}

}  // namespace keypool::gateway::testing
