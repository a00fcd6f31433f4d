#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "admin/subject.h"

namespace keypool::admin {

/// The operator's door: dashboard, API and metrics of admin/api.h on a listener and a thread of its
/// own.
///
/// Thread-safety: members may be called from any thread, `start` once.
class Admin {
 public:
  /// Listens at `config.admin` of the subject, whose functions are called on the admin thread.
  explicit Admin(Subject subject);
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;
  ~Admin();  ///< stops and joins

  /// Listens and serves. The error says which address could not be had and why.
  [[nodiscard]] std::expected<void, std::string> start();

  /// The port in use, also where the configuration said 0. Valid after `start`.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Has `change` run on the admin thread, soon: for what the subject refers to.
  void between_requests(std::function<void()> change);

  /// From now on `/readyz` says that the gateway takes no new calls.
  void announce_stop() noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace keypool::admin
