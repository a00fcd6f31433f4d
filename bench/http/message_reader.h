#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keypool::bench {

/// Reads HTTP/1.1 messages, one after another, from bytes that come in pieces. The product's own
/// reader is not used, so that a mistake in it cannot hide in the tool that measures it.
///
///     std::string_view bytes = …;
///     for (Part part; (part = reader.next(bytes)) != Part::more;) …
class MessageReader {
 public:
  enum class Side { requests, answers };
  enum class Part {
    more,       ///< all bytes are used up
    head,       ///< `start_line` and `header` may be asked
    body,       ///< `piece` holds some of it
    end,        ///< of the message; another may follow
    malformed,  ///< nothing sensible can follow
  };

  explicit MessageReader(Side side) noexcept : side_(side) {}

  /// Takes the next part off the front of `bytes`.
  [[nodiscard]] Part next(std::string_view& bytes);

  [[nodiscard]] std::string_view start_line() const noexcept;
  /// Its value, or nothing when the message at hand has no such header.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view piece() const noexcept { return piece_; }

  /// The status of an answer; 0 when there is none.
  [[nodiscard]] int status() const noexcept;

 private:
  enum class State { head, sized, chunk_size, chunk_data, chunk_end, trailer, until_close };

  [[nodiscard]] bool take_head(std::string_view& bytes);
  [[nodiscard]] std::optional<State> body_state();
  [[nodiscard]] bool take_line(std::string_view& bytes);
  [[nodiscard]] bool take_piece(std::string_view& bytes);

  Side side_;
  State state_ = State::head;
  std::string head_;
  bool head_complete_ = false;
  std::string line_;
  bool line_complete_ = false;
  std::uint64_t left_ = 0;
  std::string_view piece_;
};

}  // namespace keypool::bench
