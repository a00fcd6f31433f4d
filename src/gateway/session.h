#pragma once

#include <memory>

#include "gateway/client.h"
#include "gateway/exchange.h"
#include "gateway/task.h"
#include "gateway/visitors.h"

namespace keypool::gateway {

class Reactor;

/// A client's connection: one exchange after another, until one of the two sides has enough.
///
/// Thread-safety: the reactor's thread only.
class Session {
 public:
  Session(Reactor& reactor, std::shared_ptr<Connection> connection, Visitors::Visit visit);

  /// `self` keeps the session until it has ended.
  static Task<void> run(std::shared_ptr<Session> self);

  /// Ends it whatever goes on.
  void cut() { client_.cut(); }

  /// Has it look at how things are.
  void wake() { client_.signal()->notify(); }

  /// Between two requests.
  [[nodiscard]] bool idle() const noexcept { return client_.idle(); }
  [[nodiscard]] MonotonicTime idle_since() const noexcept { return client_.idle_since(); }

 private:
  Task<bool> secure(const TlsServer& tls);
  Task<void> linger();

  Reactor& reactor_;
  Visitors::Visit visit_;
  Client client_;
  Exchange exchange_;
};

}  // namespace keypool::gateway
