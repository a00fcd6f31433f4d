#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

namespace keypool::faults {

/// Where in an exchange upstream goes wrong.
enum class Stage {
  on_connect,   ///< before it has read the request
  before_head,  ///< instead of an answer
  in_head,      ///< in the middle of the answer's head
  in_body,      ///< in the middle of a chunked body
  between,      ///< behind a whole answer, before the next request
};

/// How.
enum class Fault {
  none,  ///< not at all: the answer goes on
  reset,
  close,
  half_close,  ///< it sends no more, and reads on
  stall,       ///< it does nothing more, and stays
  garbage,     ///< bytes that mean nothing
  endless,     ///< interim answers, a head, a chunk's extension, without end
  slow,        ///< the rest comes byte by byte
};

[[nodiscard]] const char* name_of(Stage stage);
[[nodiscard]] const char* name_of(Fault fault);

/// A provider that brings each of its exchanges to one stage, waits there until as many others are
/// there too, and then does all of them the same wrong. One thread serves all connections.
class FaultyUpstream {
 public:
  struct Plan {
    Stage stage = Stage::before_head;
    Fault fault = Fault::none;
    std::size_t together = 1;  ///< exchanges that wait for each other
    std::uint16_t port = 0;    ///< 0: any free one
  };

  /// Throws std::runtime_error when the port cannot be had.
  explicit FaultyUpstream(Plan plan);
  FaultyUpstream(const FaultyUpstream&) = delete;
  FaultyUpstream& operator=(const FaultyUpstream&) = delete;
  ~FaultyUpstream();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Requests that have come whole.
  [[nodiscard]] std::size_t requests() const noexcept { return requests_; }
  /// Connections that are open now, as far as it knows.
  [[nodiscard]] std::size_t connections() const noexcept { return open_; }

 private:
  struct Peer {
    std::string input;
    std::string output;
    bool at_stage = false;
    bool done_wrong = false;
    bool slowly = false;
    bool endlessly = false;
    bool reads_no_more = false;
  };

  void run();
  void accept_all();
  void read(int descriptor, Peer& peer);
  void write(int descriptor, Peer& peer);
  void take_requests(Peer& peer);
  void bring_to_stage(Peer& peer);
  [[nodiscard]] bool goes_on() const;
  void do_wrong(int descriptor, Peer& peer);

  const Plan plan_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stops_{false};
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> open_{0};
  std::map<int, Peer> peers_;  // its own thread's
  std::size_t waiting_ = 0;
  bool fired_ = false;
  std::thread thread_;
};

/// The whole answer that it gives where nothing goes wrong.
inline constexpr const char* kGoodBody = "helloworld";

}  // namespace keypool::faults
