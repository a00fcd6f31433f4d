#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <poll.h>

#include "http/client.h"
#include "lab/provider.h"
#include "lab/scenario.h"
#include "state/figures.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {

/// A simulated provider, and the real binary before it with a state that outlasts its runs.
class Service {
 public:
  /// `scenario` needs keys where the gateway is to have some.
  explicit Service(lab::Scenario scenario);

  /// A configuration with the endpoint `lab` and these lines of YAML under its `keys:`; `more` is
  /// put behind it.
  void configure(std::string_view keys, std::string_view more = {});
  /// Any other configuration; `PROVIDER` in it becomes the provider's URL.
  void write_configuration(std::string text);
  [[nodiscard]] std::string configuration_path() const { return home_file("keypool.yaml"); }

  /// Starts `keypool serve` and waits until it listens.
  void start(std::vector<std::string> more = {});
  /// SIGTERM, and waits. The exit code.
  int stop();
  /// SIGKILL, and waits.
  void kill();

  /// The running gateway.
  [[nodiscard]] Program& run() { return *run_; }
  [[nodiscard]] std::uint16_t gateway_port() const noexcept { return gateway_port_; }
  [[nodiscard]] std::uint16_t admin_port() const noexcept { return admin_port_; }

  /// A chat completion; `headers` may steer the provider's answer.
  [[nodiscard]] http::Fetch chat(http::Fields headers = {}) const;
  [[nodiscard]] http::Answer call(http::Fetch fetch) const;
  [[nodiscard]] nlohmann::json admin(std::string target, std::string method = "GET") const;

  /// Another command of the same binary, at the same home, to its end.
  struct Ended {
    int code;
    std::string out;
    std::string err;
  };
  Ended command(std::vector<std::string> arguments);
  /// `keypool reload`.
  Ended reload();

  [[nodiscard]] const lab::Provider& provider() const noexcept { return provider_; }
  [[nodiscard]] Keypool& keypool() noexcept { return keypool_; }
  [[nodiscard]] std::filesystem::path state_folder() const { return home_file("state"); }
  [[nodiscard]] std::string home_file(const std::string& name) const;

  /// What the ledger in the state folder holds, all of it, once nobody writes to it.
  [[nodiscard]] state::Figures ledger() const;

 private:
  lab::Provider provider_;
  Keypool keypool_;
  std::unique_ptr<Program> run_;
  std::uint16_t gateway_port_ = 0;
  std::uint16_t admin_port_ = 0;
};

/// So many keys `k0`, `k1`, … with the secrets `sk-lab-0`, …, without limits.
[[nodiscard]] std::vector<lab::Key> lab_keys(int count);
[[nodiscard]] std::string secret_of(int key);

/// The calls that the provider served to their end.
[[nodiscard]] std::uint64_t served_by(const lab::Provider& provider);

/// Waits until `condition` holds; false when it does not within kPatience.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace keypool::test
