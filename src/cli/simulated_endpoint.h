#pragma once

#include <expected>
#include <string>

#include <keypool/key_pool.h>

#include "config/config.h"
#include "lab/provider.h"

namespace keypool::cli {

/// The simulated provider in this process, as an endpoint like any other.
class SimulatedEndpoint {
 public:
  explicit SimulatedEndpoint(const lab::Scenario& scenario)
      : keys_(scenario.keys), provider_(scenario) {}

  /// Starts it, adds the endpoint `name` to `config` and its keys to `pool`.
  [[nodiscard]] std::expected<void, std::string> join(const std::string& name,
                                                      config::Config& config, KeyPool& pool);

  [[nodiscard]] const lab::Provider& provider() const noexcept { return provider_; }

 private:
  std::vector<lab::Key> keys_;
  lab::Provider provider_;
};

}  // namespace keypool::cli
