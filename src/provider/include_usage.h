#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/dialect.h"
#include "provider/json_scan.h"
#include "provider/sse_scan.h"

namespace keypool::provider {

/// OpenAI-style streams tell their usage only when asked, with `stream_options.include_usage`, and
/// then in an extra event whose `choices` are empty, which clients that did not ask for it stumble
/// over (they index `choices[0]`). So the gateway asks for those who did not, and takes the event
/// out again:
///
///     if (may_ask_for_usage(dialect, host, target)) asked = ask_for_usage(body);
///     … send *asked instead of body; then, if asked and the answer is an uncoded event stream,
///     filter.feed(piece, forward) behind the tap.

/// Whether a call's target is one where asking is understood and needed: chat or text completions,
/// at a provider not known to tell unasked (KnownProvider::stream_usage).
[[nodiscard]] bool may_ask_for_usage(Dialect dialect, std::string_view host,
                                     std::string_view target) noexcept;

/// The body with the question put in, all other bytes as they were. Nothing where there is nothing
/// to do: it asks already, it asks for no stream, or it is not such a request.
[[nodiscard]] std::optional<std::string> ask_for_usage(std::string_view body);

/// Takes the extra usage event out of a stream that was asked for it: an event whose `choices` are
/// an empty array and whose `usage` is an object. Everything else passes byte for byte, and at
/// once: of an event that is cut by a piece's end, no more than that event is held back, and only
/// until it is clear that it is another.
class UsageEventFilter {
 public:
  /// Sets `forward` to the runs of bytes to send on, in order. They point into `piece` or into the
  /// filter and are valid until the next call.
  void feed(std::string_view piece, std::vector<std::string_view>& forward);

  /// The stream ended: what was held back of a last event without its blank line.
  void finish(std::vector<std::string_view>& forward);

 private:
  /// What an event's JSON shows of the two marks.
  struct Marks : JsonSink {
    void open(Path path, char bracket, std::uint64_t);
    void string(Path path, const JsonText&);
    void scalar(Path path, std::string_view, std::uint64_t);

    bool choices = false;
    bool has_choice = false;
    bool usage = false;
  };

  class Pass;  // one piece's way through

  /// Whether the last byte ended an event. If it was a CR, a LF behind it shares the event's fate.
  enum class EventEnd : std::uint8_t { none, kept, taken_out };

  // An event held back beyond this is no usage event.
  static constexpr std::size_t kHeldBytes = 64 * 1024;

  [[nodiscard]] bool is_usage_event() const noexcept {
    return marks_.choices && !marks_.has_choice && marks_.usage;
  }
  [[nodiscard]] bool cannot_be_usage_event() const noexcept {
    return marks_.has_choice || held_.size() > kHeldBytes;
  }

  SseScan framing_;
  JsonScan scan_;
  Marks marks_;
  bool passing_ = false;  // the event is known to be another
  EventEnd last_byte_ = EventEnd::none;
  std::string held_;
  std::string released_;
};

}  // namespace keypool::provider
