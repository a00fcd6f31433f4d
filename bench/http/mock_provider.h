#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/http/chat.h"
#include "bench/http/message_reader.h"
#include "bench/http/moment.h"
#include "bench/http/poller.h"
#include "bench/http/socket.h"

namespace keypool::bench {

/// A provider that answers at once and always the same, so that what is measured is the proxy.
///
/// POST with a Bearer credential of the pool's: a 600-byte chat completion, or, with
/// `"stream":true`, a stream of the shape asked for. Any other credential: 401, and it is counted.
/// GET: the counts.
///
/// One thread; `serve` does not return.
class MockProvider {
 public:
  MockProvider(Socket listener, const std::vector<std::string>& credentials);

  [[noreturn]] void serve();

 private:
  struct Stream {
    StreamShape shape;
    Moment next;
    int sent = 0;
  };

  struct Connection {
    Socket socket;
    std::uint64_t serial = 0;  ///< tells it from a later one with the same file descriptor
    MessageReader reader{MessageReader::Side::requests};
    std::string body;
    std::string unsent;
    bool waits_for_room = false;
    std::optional<Stream> stream = std::nullopt;
  };

  struct Due {
    Moment when;
    int fd;
    std::uint64_t serial;
    friend bool operator>(const Due& a, const Due& b) { return a.when > b.when; }
  };

  struct Counts {
    std::uint64_t connections = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;
    std::uint64_t streams = 0;
    std::uint64_t events = 0;
    std::uint64_t cut_off = 0;  ///< streams whose reader went away
  };

  void accept_all();
  /// These three return false when the connection is gone.
  bool receive(Connection& connection);
  bool flush(Connection& connection);
  bool answer(Connection& connection);
  void advance_streams();
  void advance(Connection& connection);
  void drop(Connection& connection);
  [[nodiscard]] std::string counts_answer() const;

  Socket listener_;
  Poller poller_;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< by file descriptor
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::unordered_map<std::string, std::uint64_t> uses_;  ///< by the `Authorization` expected
  Counts counts_;
  std::vector<char> room_;
  const std::string plain_answer_;
  const std::string refusal_;
};

}  // namespace keypool::bench
