#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keypool::gateway::testing {

/// A message as it stood on the wire.
struct Message {
  std::string start;                                ///< request or status line
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;                                 ///< without chunk framing
  bool whole = false;                               ///< false: the connection ended before it did

  [[nodiscard]] int status() const;
  [[nodiscard]] std::string header(const std::string& name) const;  ///< empty: there is none
  [[nodiscard]] bool has(const std::string& name) const { return headers.contains(name); }
};

/// One end of a connection, blocking, with bytes exactly as the test wants them. Nothing waits
/// longer than ten seconds. Reads messages by rules of its own, not with the code under test.
class Wire {
 public:
  explicit Wire(int descriptor);
  /// Connects to a port of this machine.
  static Wire to(std::uint16_t port);
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&& other) noexcept;
  ~Wire();

  /// False: the other side takes no more.
  bool send(std::string_view bytes);
  /// In segments of one byte.
  bool send_bytewise(std::string_view bytes);

  /// The next request or answer. Nothing: the connection ended before its first byte, or the time
  /// is up.
  std::optional<Message> read(bool answers_head_request = false);

  /// Up to and with the empty line; empty: the connection ended.
  std::string read_head();
  /// What is there, at least one byte; empty: the connection ended.
  std::string read_some(std::size_t most = 65536);
  /// Until `text` has come; false: it did not.
  bool read_until(std::string_view text);
  /// Everything until the connection ends.
  std::string read_all();

  enum class End { closed, reset, open };
  /// Reads on until the connection ends; `open` when it does not.
  End wait_for_end();

  void shut_down();
  void close();
  void reset();

  /// What the kernel may hold for this side, so that a slow reader is noticed soon.
  void set_receive_buffer(int bytes);

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  bool fill();
  std::string take(std::size_t size);
  bool read_body(Message& message, bool request, bool no_body);

  int descriptor_ = -1;
  std::string buffer_;
};

}  // namespace keypool::gateway::testing
