#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <keypool/key_pool.h>

#include "config/config.h"
#include "gateway/gateway.h"
#include "tests/gateway/wire.h"

namespace keypool::gateway::testing {

/// A gateway on a port of its own before one endpoint `openai` with the keys K0, K1, … whose
/// secrets are `sk-0`, `sk-1`, …
class RunningGateway {
 public:
  struct Setup {
    int keys = 1;
    int threads = 1;
    /// Called before the gateway starts.
    std::function<void(config::Config& config)> configure = [](config::Config&) {};
    GatewayParts parts = {};
    const Clock* clock = nullptr;  ///< the pool's and the gateway's; null: the machine's
  };

  explicit RunningGateway(std::uint16_t upstream_port);
  RunningGateway(std::uint16_t upstream_port, Setup setup);

  [[nodiscard]] std::uint16_t port() const noexcept { return gateway_->port(); }
  [[nodiscard]] Wire connect() const { return Wire::to(port()); }

  /// Sends the bytes on a connection of its own and reads the answer.
  Message call(std::string_view request) const;

  [[nodiscard]] KeyPool& pool() noexcept { return pool_; }
  [[nodiscard]] Gateway& gateway() noexcept { return *gateway_; }
  [[nodiscard]] KeyStats key(std::size_t index) const { return pool_.stats("openai").at(index); }
  [[nodiscard]] std::uint64_t ended(Outcome outcome) const {
    return gateway_->counters().of("openai").ended_as(outcome);
  }

  /// Waits, ten seconds at most, until nothing is in flight any more, calls and leases alike.
  [[nodiscard]] bool idle() const;

 private:
  KeyPool pool_;
  std::unique_ptr<Gateway> gateway_;
};

/// A host that is none, found out without asking anybody: its label is too long (RFC 1035 §2.3.4).
inline const std::string kNoHost = std::string(64, 'x') + ".invalid";

/// Waits until `condition` holds, ten seconds at most.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

/// A POST with a JSON body and its length.
[[nodiscard]] std::string post(std::string_view target, std::string_view body,
                               std::string_view headers = {});

inline const std::string kChat = post("/openai/v1/chat/completions", R"({"model":"m"})");

}  // namespace keypool::gateway::testing
