#include "http/body.h"

#include <algorithm>

#include "http/characters.h"

namespace keypool::http {
namespace {

// Extensions and trailers are read over, so that they are worth no more than this.
constexpr std::size_t kMaxExtraBytes = 16 * 1024;

// 60 bits: far above any body, far below an overflow.
constexpr std::size_t kMaxSizeDigits = 15;

std::unexpected<Refusal> refuse(std::string_view what) {
  return std::unexpected(Refusal{400, what});
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyDecoder::BodyDecoder(const Framing& framing) noexcept {
  switch (framing.kind) {
    case Framing::Kind::none:
      state_ = State::done;
      break;
    case Framing::Kind::length:
      state_ = framing.length > 0 ? State::length : State::done;
      left_ = framing.length;
      break;
    case Framing::Kind::chunked:
      state_ = State::size;
      break;
    case Framing::Kind::until_close:
      state_ = State::until_close;
      break;
  }
}

std::expected<BodyDecoder::Step, Refusal> BodyDecoder::next(std::string_view bytes) {
  if (state_ == State::until_close) return Step{bytes.size(), bytes};
  if (state_ == State::length || state_ == State::data) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= size;
    if (left_ == 0) state_ = state_ == State::length ? State::done : State::data_cr;
    return Step{size, bytes.substr(0, size)};
  }

  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::data && state_ != State::done) {
    if (auto taken = take_control(bytes[used]); !taken) return std::unexpected(taken.error());
    ++used;
  }
  return Step{used, {}};
}

std::expected<void, Refusal> BodyDecoder::take_control(char c) {
  switch (state_) {
    case State::size: {
      const int value = hex_value(c);
      if (value >= 0) {
        if (++digits_ > kMaxSizeDigits) return refuse("a chunk is too large");
        left_ = left_ * 16 + static_cast<std::uint64_t>(value);
        return {};
      }
      if (digits_ == 0) return refuse("a chunk has no size");
      [[fallthrough]];
    }
    case State::size_blank:
      if (c == '\r') {
        state_ = State::size_lf;
      } else if (c == ';') {
        state_ = State::extension;
      } else if (c == ' ' || c == '\t') {
        state_ = State::size_blank;
        return count_extra();
      } else {
        return refuse("a chunk's size is malformed");
      }
      return {};
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
        return {};
      }
      if (!is(c, kText)) return refuse("a chunk extension has control characters");
      return count_extra();
    case State::size_lf:
      if (c != '\n') return refuse("a chunk's size ends without LF");
      state_ = left_ > 0 ? State::data : State::trailer_begin;
      digits_ = 0;
      extra_ = 0;
      return {};
    case State::data_cr:
      if (c != '\r') return refuse("a chunk is longer than its size");
      state_ = State::data_lf;
      return {};
    case State::data_lf:
      if (c != '\n') return refuse("a chunk ends without LF");
      state_ = State::size;
      return {};
    case State::trailer_begin:
      if (c == '\r') {
        state_ = State::last_lf;
        return {};
      }
      if (!is(c, kToken)) return refuse("a trailer has no name");
      state_ = State::trailer_name;
      return count_extra();
    case State::trailer_name:
      if (c == ':') {
        state_ = State::trailer_value;
      } else if (!is(c, kToken)) {
        return refuse("a trailer's name is no token");
      }
      return count_extra();
    case State::trailer_value:
      if (c == '\r') {
        state_ = State::trailer_lf;
        return {};
      }
      if (!is(c, kText)) return refuse("a trailer has control characters");
      return count_extra();
    case State::trailer_lf:
      if (c != '\n') return refuse("a trailer ends without LF");
      state_ = State::trailer_begin;
      return {};
    case State::last_lf:
      if (c != '\n') return refuse("the body ends without LF");
      state_ = State::done;
      return {};
    case State::length:
    case State::until_close:
    case State::data:
    case State::done:
      break;
  }
  return refuse("bytes after the body's end");
}

std::expected<void, Refusal> BodyDecoder::count_extra() {
  if (++extra_ > kMaxExtraBytes) return refuse("too many chunk extensions or trailers");
  return {};
}

}  // namespace keypool::http
