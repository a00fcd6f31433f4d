#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <keypool/clock.h>

#include "provider/dialect.h"
#include "provider/json_scan.h"
#include "provider/sse_scan.h"
#include "provider/verdict.h"

namespace keypool::provider {

/// What the beginning of a streamed answer amounts to.
enum class StreamStart : std::uint8_t {
  preamble,  ///< nothing yet that a client could miss: hold the bytes back
  content,   ///< pass on what was held back, and everything after it
  refused,   ///< an error before any content: drop what was held back and try another key
};

/// How long and how much a gateway should hold back; what takes longer or is larger is passed on.
inline constexpr std::chrono::milliseconds kPreambleTime{500};
inline constexpr std::size_t kPreambleBytes = 64 * 1024;

/// Whether an event only announces an answer that has not begun: `response.created` and kin,
/// Anthropic's `message_start`, `ping` and an empty `content_block_start`, a chat chunk whose delta
/// is empty but for its role, Gemini's chunks without a candidate's text, Ollama's empty first
/// line, Cohere's `message-start`. `data` is an event's data, a line of NDJSON, or an element of an
/// array. What is not known to be preamble is not.
[[nodiscard]] bool is_preamble_event(std::string_view data);

/// Watches the first bytes of a streamed answer, in SSE, NDJSON or Gemini's array, without its
/// transfer and content coding. Providers that are full say so in the same burst as their first
/// events, under status 200; until content comes, the stream can still be moved unseen.
///
///     StreamPreamble start(dialect, content_type, host);
///     switch (start.feed(piece, wall)) …
class StreamPreamble {
 public:
  /// `host`: who was asked (AnswerHead::host); it must outlive this.
  StreamPreamble(Dialect dialect, std::string_view content_type, std::string_view host = {});

  /// What all bytes so far amount to. Once it is `content` or `refused` it stays so. `wall` turns
  /// dates in an error into durations.
  StreamStart feed(std::string_view piece, WallTime wall);

  /// The stream ended: judges a last event that lacks its blank line. Still `preamble` means that
  /// nothing but announcements came.
  StreamStart finish(WallTime wall);

  /// What the error says, once `refused`.
  [[nodiscard]] const Verdict& refusal() const noexcept { return refusal_; }

 private:
  enum class Framing : std::uint8_t { events, lines, elements };

  struct Events;
  struct Elements;

  void feed_lines(std::string_view piece, WallTime wall);
  void feed_elements(std::string_view piece, WallTime wall);
  void add(std::string_view data);
  void end_event(WallTime wall);

  Dialect dialect_;
  std::string_view host_;
  Framing framing_;
  StreamStart start_ = StreamStart::preamble;
  std::size_t seen_ = 0;
  SseScan events_;
  JsonScan elements_;
  std::string event_;  // the data of the event that has not ended yet
  Verdict refusal_;
};

}  // namespace keypool::provider
