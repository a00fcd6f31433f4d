#include "bench/http/client.h"

#include <array>

namespace keypool::bench {

Client::Client(Poller& poller, std::uint16_t port, std::uint64_t tag)
    : poller_(poller), port_(port), tag_(tag) {
  connect();
}

void Client::connect() {
  socket_ = Socket::connect_to(port_);
  poller_.add(socket_.fd(), tag_);
  reader_ = MessageReader(MessageReader::Side::answers);
  unsent_ = {};
  waits_for_room_ = false;
  busy_ = false;
  closed_ = false;
}

void Client::send(std::string_view wire) {
  busy_ = true;
  unsent_ = wire;
  send_rest();
}

void Client::send_rest() {
  while (!unsent_.empty()) {
    const auto sent = socket_.send(unsent_);
    if (!sent) return;  // the receive that follows finds the connection closed
    unsent_.remove_prefix(*sent);
    if (*sent == 0) break;
  }
  if (const bool blocked = !unsent_.empty(); blocked != waits_for_room_) {
    waits_for_room_ = blocked;
    poller_.watch_writable(socket_.fd(), tag_, blocked);
  }
}

std::string_view Client::receive() {
  static std::array<char, 256 * 1024> room;  // one for all clients of this one-threaded program
  const auto got = socket_.receive(room);
  closed_ = !got;
  return {room.data(), got.value_or(0)};
}

Client::Outcome Client::answered() {
  busy_ = false;
  status_ = reader_.status();
  if (reader_.header("connection") == "close") connect();
  return Outcome::answered;
}

Client::Outcome Client::broken() {
  const bool was_busy = busy_;
  connect();
  return was_busy ? Outcome::broken : Outcome::waiting;
}

}  // namespace keypool::bench
