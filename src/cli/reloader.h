#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <keypool/secret_source.h>

#include "cli/config_watch.h"
#include "cli/reloaded.h"
#include "config/config.h"
#include "config/key_registry.h"
#include "gateway/gateway.h"

namespace keypool::cli {

/// Brings a running gateway in line with its configuration when somebody asks for it or the file
/// changes: one reload after another, on a thread of its own, because secret managers take their
/// time. A configuration with mistakes changes nothing.
///
/// Thread-safety: `request` from any thread; the others from the thread that made it.
class Reloader {
 public:
  /// What it works on. All must outlive it.
  struct Parts {
    /// Reads the configuration anew, or tells each mistake in it.
    std::function<std::expected<config::Config, std::vector<std::string>>(
        const SecretSource& secrets)>
        read;
    const SecretSource& secrets;
    config::KeyRegistry& keys;
    gateway::Gateway& gateway;
    /// Told of the configuration that is in force now.
    std::function<void(const config::Config& config)> show;
  };

  Reloader(config::Config in_force, Parts parts);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  ~Reloader();

  /// Begins no further reload, and lets one that runs come to its end.
  void stop();

  /// Reloads soon; `then` is told what came of it, on the reloader's thread.
  void request(std::function<void(const Reloaded& reloaded)> then = {});

  /// Reloads whenever the file changes.
  [[nodiscard]] std::expected<void, std::string> watch(const std::filesystem::path& file);

 private:
  [[nodiscard]] Reloaded reload();
  [[nodiscard]] Reloaded put_in_force(config::Config wanted, const SecretSource& secrets);

  config::Config in_force_;
  const Parts parts_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::optional<ConfigWatch> watch_;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace keypool::cli
