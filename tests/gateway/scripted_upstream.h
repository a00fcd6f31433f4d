#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/gateway/wire.h"

namespace keypool::gateway::testing {

/// A provider that does on each connection exactly what the test says. Each connection is served by
/// a thread of its own, with blocking reads and writes, so that a script reads from top to bottom:
///
///     ScriptedUpstream upstream([](Wire& wire) {
///       while (wire.read()) wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
///     });
class ScriptedUpstream {
 public:
  using Script = std::function<void(Wire& wire)>;

  /// Every connection follows `script`; it is closed at the script's end.
  explicit ScriptedUpstream(Script script);
  /// The n-th connection follows the n-th script, those beyond the last one.
  explicit ScriptedUpstream(std::vector<Script> scripts);
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;
  ~ScriptedUpstream();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int connections() const noexcept { return connections_; }

 private:
  void accept_all();

  std::vector<Script> scripts_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;  // descriptors being served
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// Answers every request on every connection with the same bytes.
[[nodiscard]] ScriptedUpstream::Script always(std::string answer);

/// Answers one request with the bytes and closes.
[[nodiscard]] ScriptedUpstream::Script once(std::string answer);

/// `HTTP/1.1 {status} X` with a JSON body and its length.
[[nodiscard]] std::string json_answer(int status, std::string_view body,
                                      std::string_view headers = {});

/// A flag that one thread raises and another waits for, ten seconds at most.
class Event {
 public:
  void raise();
  [[nodiscard]] bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable raised_;
  bool is_raised_ = false;
};

/// What scripts saw, for the test's own thread to look at.
class Notes {
 public:
  void add(std::string text);
  [[nodiscard]] std::string last() const;  ///< empty: nothing yet
  [[nodiscard]] std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

}  // namespace keypool::gateway::testing
