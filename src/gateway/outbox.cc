#include "gateway/outbox.h"

#include "gateway/memory.h"

namespace keypool::gateway {

Io Outbox::send(Connection& connection, std::span<std::string_view> pieces) {
  if (empty()) {
    while (!pieces.empty()) {
      const auto result = connection.write(pieces);
      if (result.io == Io::broken) return Io::broken;
      if (result.io != Io::moved) break;
      remove_front(pieces, result.bytes);
    }
    if (pieces.empty()) return Io::moved;
  }
  for (const auto piece : pieces) rest_.append(piece);
  return flush(connection);
}

Io Outbox::flush(Connection& connection) {
  while (!empty()) {
    const auto rest = std::string_view(rest_).substr(sent_);
    const auto result = connection.write({&rest, 1});
    if (result.io != Io::moved) return result.io;
    sent_ += result.bytes;
  }
  clear();
  return Io::moved;
}

void Outbox::clear() noexcept {
  clear_and_shrink(rest_);
  sent_ = 0;
}

}  // namespace keypool::gateway
