#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateway/deadlines.h"
#include "gateway/signal.h"
#include "gateway/task.h"
#include "gateway/tls.h"

namespace keypool::gateway {

/// What came of an attempt to move bytes.
enum class Io {
  moved,       ///< at least one byte
  wants_read,  ///< nothing now: arm it and wait for the signal
  wants_write,
  end,     ///< the other side has said that it sends no more
  broken,  ///< reset, expired, closed, or not what TLS expects
};

struct IoResult {
  Io io = Io::moved;
  std::size_t bytes = 0;
};

/// One TCP connection, with TLS on it or without. It never blocks and holds no buffer: `read` and
/// `write` move what can be moved now; what they want is armed, and the signal tells when to look
/// again. A read that stays armed is taken over by whoever uses the connection next, which is how
/// an idle connection is watched and why a request costs one arming and not two.
///
/// Thread-safety: the reactor's thread only.
/// Lifetime: closes when its owner lets go of it, whatever is armed.
class Connection : public std::enable_shared_from_this<Connection>, public Timed {
 public:
  Connection(Socket socket, Deadlines& deadlines);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  /// Who is told when something happens; null: nobody. It must live until it is replaced.
  void report_to(Signal* signal) noexcept { signal_ = signal; }

  /// Begins to connect; the signal tells when `connecting` has become false.
  void connect(const asio::ip::tcp::endpoint& address);
  [[nodiscard]] bool connecting() const noexcept { return connecting_; }
  [[nodiscard]] bool connected() const noexcept { return connected_; }

  /// Puts TLS on a connected connection; then `handshake` until it has moved.
  void begin_tls(SslPtr ssl);
  [[nodiscard]] Io handshake();
  [[nodiscard]] SSL* tls() const noexcept { return ssl_.get(); }
  [[nodiscard]] int native_handle() noexcept { return socket_.native_handle(); }

  [[nodiscard]] IoResult read(std::span<char> into);

  /// Sends the pieces one after another, as far as they go.
  [[nodiscard]] IoResult write(std::span<const std::string_view> pieces);

  /// Whether a read may give something that has not been asked for yet.
  [[nodiscard]] bool readable() const noexcept { return readable_; }

  /// `wants_read` or `wants_write`: the signal will tell. Others arm nothing.
  void arm(Io wanted);

  [[nodiscard]] bool expired() const noexcept { return expired_; }

  /// Says that no more will be sent. The other side may still send.
  void shut_down() noexcept;

  void close() noexcept;
  /// Ends with a reset: the other side must not take what it has for the whole.
  void reset() noexcept;
  [[nodiscard]] bool open() const noexcept { return open_; }

  /// Why it broke, in words for an operator; empty when it did not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  void arm_read();
  void arm_write();
  void expire() override;
  void notify();
  [[nodiscard]] IoResult read_tls(std::span<char> into);
  [[nodiscard]] IoResult write_tls(std::span<const std::string_view> pieces);
  [[nodiscard]] Io tls_wants(int result, std::string_view what);
  [[nodiscard]] Io fail(int error, std::string_view what);

  Socket socket_;
  SslPtr ssl_;
  Signal* signal_ = nullptr;
  std::string trouble_;
  bool open_ = true;
  bool sends_ = true;
  bool connecting_ = false;
  bool connected_ = false;
  bool readable_ = true;
  bool writable_ = true;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool expired_ = false;
};

}  // namespace keypool::gateway
