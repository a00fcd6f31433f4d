#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/addresses.h"
#include "gateway/alarm.h"
#include "gateway/client.h"
#include "gateway/connection.h"
#include "gateway/task.h"
#include "gateway/tls.h"

namespace keypool::gateway {

/// Why upstream could not be reached.
struct ConnectFailure {
  enum class Kind {
    unreachable,  ///< no address, refused, reset, certificate not trusted
    timed_out,
    client_left,  ///< nobody wants it any more
  };

  Kind kind = Kind::unreachable;
  std::string what;  ///< for an operator
};

/// One endpoint's server as seen from one reactor: its addresses and the connections kept to it.
///
/// Thread-safety: the reactor's thread only.
class Upstream {
 public:
  /// `io`, `poller` and `deadlines` must outlive it; `tls` may be null where the endpoint's URL is
  /// plain.
  Upstream(asio::io_context& io, Poller& poller, Deadlines& deadlines,
           const config::Endpoint& endpoint, const config::Limits& limits,
           std::shared_ptr<const TlsClient> tls);
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  ~Upstream() { close(); }

  /// Whether one made for these would be the same.
  [[nodiscard]] bool serves(const config::Endpoint& endpoint, const config::Limits& limits) const;

  /// A kept connection, or null. It may turn out to be stale.
  [[nodiscard]] std::shared_ptr<Connection> take_kept();

  /// A new connection, over whichever address answers first. `client` is the awaiter's.
  Task<std::expected<std::shared_ptr<Connection>, ConnectFailure>> connect(Client& client);

  /// Keeps a connection for another request, its answer having come to its end.
  void keep(std::shared_ptr<Connection> connection);

  [[nodiscard]] const std::string& authority() const noexcept { return authority_; }

  void close();

 private:
  using Reached = std::expected<std::shared_ptr<Connection>, ConnectFailure>;

  /// The parts of `connect`; `late` rings when it has taken too long.
  Task<std::expected<void, ConnectFailure>> look_up(Client& client, const Alarm& late);
  Task<Reached> reach(Client& client, const Alarm& late);
  Task<Reached> secure(Client& client, const Alarm& late, std::shared_ptr<Connection> connection);

  void note(const Reached& reached);

  /// Why to go on waiting no longer, if so.
  [[nodiscard]] static std::optional<ConnectFailure> give_up(Client& client, const Alarm& late);

  asio::io_context& io_;
  Poller& poller_;
  Deadlines& deadlines_;
  const std::string name_;  // the endpoint's
  const config::BaseUrl url_;
  const std::filesystem::path ca_;
  const std::chrono::milliseconds connect_time_;
  const std::shared_ptr<const TlsClient> tls_;
  std::string authority_;
  std::shared_ptr<Addresses> addresses_;
  std::vector<std::shared_ptr<Connection>> kept_;
  SslSessionPtr session_;
  bool reachable_ = true;  // as far as the log knows
};

}  // namespace keypool::gateway
