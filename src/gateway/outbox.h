#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "gateway/connection.h"
#include "gateway/pieces.h"

namespace keypool::gateway {

/// What a connection has been given to send: at once what it takes, the rest when it wants more.
/// Bounded by its user, who gives no more while something is left.
class Outbox {
 public:
  /// `moved`: all of it is sent. `wants_write` (or, under TLS, `wants_read`): the rest was copied;
  /// `flush` after the signal. `broken`: it will never be sent. Uses `pieces` up.
  [[nodiscard]] Io send(Connection& connection, std::span<std::string_view> pieces);
  [[nodiscard]] Io flush(Connection& connection);

  [[nodiscard]] bool empty() const noexcept { return sent_ == rest_.size(); }

  /// Forgets what is left.
  void clear() noexcept;

 private:
  std::string rest_;
  std::size_t sent_ = 0;
};

}  // namespace keypool::gateway
