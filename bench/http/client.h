#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/http/message_reader.h"
#include "bench/http/poller.h"
#include "bench/http/socket.h"

namespace keypool::bench {

/// One keep-alive connection with one request under way at a time. When the other side closes it,
/// it is opened anew.
class Client {
 public:
  enum class Outcome {
    waiting,   ///< for more of the answer, or for a request
    answered,  ///< completely; `status` tells how
    broken,    ///< the connection ended before the answer did, or what came was no HTTP
  };

  /// Connects. `poller` names it by `tag` and must outlive it.
  Client(Poller& poller, std::uint16_t port, std::uint64_t tag);

  /// Begins a request; `wire` must stay as it is until the answer.
  void send(std::string_view wire);

  /// What `ready` brought. Pieces of the answer's body go to `on_body(piece)`.
  template <class OnBody>
  [[nodiscard]] Outcome advance(const Ready& ready, OnBody&& on_body);
  [[nodiscard]] Outcome advance(const Ready& ready) {
    return advance(ready, [](std::string_view) {});
  }

  [[nodiscard]] bool busy() const noexcept { return busy_; }
  /// Of the last answer.
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  void connect();
  void send_rest();
  [[nodiscard]] std::string_view receive();
  [[nodiscard]] Outcome answered();
  [[nodiscard]] Outcome broken();

  Poller& poller_;
  std::uint16_t port_;
  std::uint64_t tag_;
  Socket socket_;
  MessageReader reader_{MessageReader::Side::answers};
  std::string_view unsent_;
  int status_ = 0;
  bool waits_for_room_ = false;
  bool busy_ = false;
  bool closed_ = false;
};

template <class OnBody>
Client::Outcome Client::advance(const Ready& ready, OnBody&& on_body) {
  if (ready.writable) send_rest();
  if (!ready.readable) return Outcome::waiting;
  std::string_view bytes = receive();
  if (closed_) return broken();
  while (true) {
    switch (reader_.next(bytes)) {
      case MessageReader::Part::more:
        return Outcome::waiting;
      case MessageReader::Part::head:
        break;
      case MessageReader::Part::body:
        on_body(reader_.piece());
        break;
      case MessageReader::Part::end:
        return answered();
      case MessageReader::Part::malformed:
        return broken();
    }
  }
}

}  // namespace keypool::bench
