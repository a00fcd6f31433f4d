#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/deadlines.h"
#include "gateway/poller.h"
#include "gateway/signal.h"
#include "gateway/tls.h"

namespace keypool::gateway {

/// What came of an attempt to move bytes.
enum class Io {
  moved,        ///< at least one byte
  wants_read,   ///< nothing now: the signal tells when to try again
  wants_write,  ///< the same
  end,          ///< the other side has said that it sends no more
  broken,       ///< reset, expired, closed, or not what TLS expects
};

struct IoResult {
  Io io = Io::moved;
  std::size_t bytes = 0;
};

/// One TCP connection, with TLS on it or without. It never blocks and holds no buffer: `read` and
/// `write` move what can be moved now, and the signal tells when more can. While a connection is
/// not used its events are remembered, so that an idle one is watched at no cost.
///
/// Thread-safety: the reactor's thread only.
/// Lifetime: closes when its owner lets go of it.
class Connection final : public std::enable_shared_from_this<Connection>,
                         public Timed,
                         public Watched {
 public:
  /// Takes over a connected socket that does not block.
  Connection(int descriptor, Poller& poller, Deadlines& deadlines);

  /// Begins to connect; the signal tells when `connecting` has become false.
  Connection(const boost::asio::ip::tcp::endpoint& address, Poller& poller, Deadlines& deadlines);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  /// Who is told when something happens; null: nobody. It must live until it is replaced.
  void report_to(Signal* signal) noexcept { signal_ = signal; }

  [[nodiscard]] bool connecting() const noexcept { return connecting_; }
  [[nodiscard]] bool open() const noexcept { return descriptor_ >= 0; }

  /// Puts TLS on a connected connection; then `handshake` until it has moved.
  void begin_tls(const TlsClient& client, const std::string& host, SSL_SESSION* session);
  void begin_tls(const TlsServer& server);
  [[nodiscard]] Io handshake();
  [[nodiscard]] SSL* tls() const noexcept { return ssl_.get(); }

  [[nodiscard]] IoResult read(std::span<char> into);

  /// Sends the pieces one after another, as far as they go.
  [[nodiscard]] IoResult write(std::span<const std::string_view> pieces);

  /// Whether a read may give something that has not been asked for yet.
  [[nodiscard]] bool readable() const noexcept { return readable_; }

  /// The other side's address without its port; empty: unknown.
  [[nodiscard]] std::string peer() const;

  /// Whether it was closed because its deadline passed.
  [[nodiscard]] bool expired() const noexcept { return expired_; }

  /// Says that no more will be sent. The other side may still send.
  void shut_down() noexcept;

  void close() noexcept;
  /// Ends with a reset: the other side must not take what it has for the whole.
  void reset() noexcept;

  /// Why it broke, in words for an operator; empty when it did not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  void ready(std::uint32_t events) override;
  void expire() override;
  void finish_connecting();
  void notify();
  void set_up();
  [[nodiscard]] IoResult read_tls(std::span<char> into);
  [[nodiscard]] IoResult write_tls(std::span<const std::string_view> pieces);
  [[nodiscard]] Io tls_wants(int result, std::string_view what);
  Io fail(int error, std::string_view what);

  int descriptor_;  // -1: closed
  Poller& poller_;
  SslPtr ssl_;
  Signal* signal_ = nullptr;
  std::string trouble_;
  bool connecting_ = false;
  bool sends_ = true;
  bool readable_ = true;
  bool writable_ = true;
  bool ends_ = false;  // the other side sends no more than what is here
  bool expired_ = false;
};

}  // namespace keypool::gateway
