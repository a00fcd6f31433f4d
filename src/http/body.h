#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "http/head.h"

namespace keypool::http {

/// Takes a message's body apart as it comes, without copying it.
///
///     while (!bytes.empty() && !decoder.done()) {
///       const auto step = decoder.next(bytes);
///       if (!step) return refuse(step.error());
///       use(step->data);
///       bytes.remove_prefix(step->used);
///     }
///
/// Chunk extensions are read over and trailers dropped (RFC 9112 §7.1), both within bounds.
class BodyDecoder {
 public:
  struct Step {
    std::size_t used;       ///< bytes taken from the front, at least one
    std::string_view data;  ///< body bytes among them; may be empty
  };

  BodyDecoder() = default;
  explicit BodyDecoder(const Framing& framing) noexcept;

  /// Must not be called with no bytes, or when done.
  [[nodiscard]] std::expected<Step, Refusal> next(std::string_view bytes);

  [[nodiscard]] bool done() const noexcept { return state_ == State::done; }

  /// Body bytes that are announced and have not come: of the whole, or of the chunk at hand.
  [[nodiscard]] std::uint64_t announced() const noexcept {
    return state_ == State::length || state_ == State::data ? left_ : 0;
  }

  /// The connection has ended. True, and done: the body is whole.
  bool end() noexcept {
    if (state_ == State::until_close) state_ = State::done;
    return done();
  }

 private:
  enum class State {
    length,
    until_close,
    size,        ///< in a chunk's size
    size_blank,  ///< blanks after the size, before `;` or the line's end
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_begin,  ///< at the beginning of a trailer line
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,  ///< at the LF of the empty line
    done,
  };

  [[nodiscard]] std::expected<void, Refusal> take_control(char c);
  [[nodiscard]] std::expected<void, Refusal> count_extra();

  State state_ = State::done;
  std::uint64_t left_ = 0;  ///< of the body, or of the chunk
  std::size_t digits_ = 0;  ///< of the size read so far
  std::size_t extra_ = 0;   ///< bytes of this chunk's extensions, or of the trailers, so far
};

}  // namespace keypool::http
