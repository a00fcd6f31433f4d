#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/http/moment.h"

namespace keypool::bench {

/// What load generator and mock provider say to each other: chat completions in OpenAI's shape.

/// A streamed answer to ask for: `events` of `bytes` each, one every `every_ms`. A pause of an hour
/// makes a stream that stands open idle after its first event.
struct StreamShape {
  int events = 50;
  int bytes = 240;
  int every_ms = 20;
};

/// The header that carries the shape wished for; proxies pass it on.
inline constexpr std::string_view kShapeHeader = "x-bench-stream";

[[nodiscard]] std::string to_header(const StreamShape& shape);
/// Nothing when `value` is not what `to_header` writes.
[[nodiscard]] std::optional<StreamShape> shape_from_header(std::string_view value);

/// What a whole request is made of.
struct ChatRequest {
  std::uint16_t port = 0;
  std::string path = "/v1/chat/completions";
  std::string credential = "sk-client";
  std::size_t body_bytes = 1024;
  std::optional<StreamShape> stream = std::nullopt;
};

/// Head and body. The usage event is asked for, so that no gateway needs to ask in our stead.
[[nodiscard]] std::string to_wire(const ChatRequest& request);

[[nodiscard]] bool asks_for_stream(std::string_view body);

/// A complete answer of `bytes` bytes with usage, as a message with its head.
[[nodiscard]] std::string plain_answer(std::size_t bytes);
/// A 401 in OpenAI's words.
[[nodiscard]] std::string refusal();

[[nodiscard]] std::string_view stream_head();
/// One event as a chunk; its content begins with the moment it was made.
void append_event(std::string& out, const StreamShape& shape, Moment made);
/// What follows the last event: finish, usage, `[DONE]` and the end of the message.
void append_stream_end(std::string& out, const StreamShape& shape);

/// Finds the events of `append_event` in the body of a stream, however it was cut into pieces.
class EventFinder {
 public:
  /// Calls `found(made)` for each content event that ends within `piece`.
  template <class Found>
  void feed(std::string_view piece, Found&& found) {
    while (true) {
      const auto end = piece.find('\n');
      line_.append(piece.substr(0, end));
      if (end == piece.npos) return;
      piece.remove_prefix(end + 1);
      if (const auto made = moment_in(line_)) {
        found(*made);
      } else if (line_ == "data: [DONE]") {
        done_ = true;
      }
      line_.clear();
    }
  }

  /// Whether the stream said its last word.
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  [[nodiscard]] static std::optional<Moment> moment_in(std::string_view line);

  std::string line_;
  bool done_ = false;
};

}  // namespace keypool::bench
