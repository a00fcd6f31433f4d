#include "gateway/answer.h"

#include "gateway/memory.h"

namespace keypool::gateway {
namespace {

// More 1xx heads than any server has reason to send.
constexpr int kMostInterimHeads = 32;

}  // namespace

void Answer::begin(std::string_view method, const http::HeadLimits& limits, bool may_switch) {
  method_ = method;
  may_switch_ = may_switch;
  limits_ = limits;
  head_.clear();
  decoder_ = {};
  forget_body();
  trouble_ = {};
  begun_ = false;
  interim_heads_ = 0;
}

Answer::State Answer::advance(Connection& upstream, std::span<char> scratch) {
  if (head_.status() != 0) head_.clear();  // an interim one
  for (;;) {
    if (!raw().empty()) {
      const auto size = head_.read(raw(), method_, limits_);
      if (!size) {
        trouble_ = size.error().what;
        return State::malformed;
      }
      if (*size > 0) {
        raw_used_ += *size;
        const bool switches = head_.status() == 101;
        if (switches && may_switch_) return State::head;
        if (switches || (head_.interim() && ++interim_heads_ > kMostInterimHeads)) {
          trouble_ = "an interim answer that was not asked for";
          return State::malformed;
        }
        if (head_.interim()) return State::interim;
        decoder_ = http::BodyDecoder(head_.framing());
        return State::head;
      }
    }
    const auto result = upstream.read(scratch);
    if (result.io == Io::end || result.io == Io::broken) return State::broken;
    if (result.io != Io::moved) return State::waiting;
    begun_ = true;
    raw_.append(scratch.data(), result.bytes);
  }
}

bool Answer::read_ahead(Connection& upstream, std::span<char> scratch, std::size_t most) {
  for (;;) {
    while (!decoder_.done() && !raw().empty() && ahead_.size() < most) {
      const auto step = decoder_.next(raw().substr(0, most - ahead_.size()));
      if (!step) {
        trouble_ = step.error().what;
        upstream.close();
        return true;
      }
      ahead_.append(step->data);
      raw_used_ += step->used;
    }
    if (decoder_.done() || ahead_.size() >= most) return true;
    const auto result = upstream.read(scratch);
    if (result.io == Io::end) {
      decoder_.end();
      upstream.close();
      return true;
    }
    if (result.io == Io::broken) return true;
    if (result.io != Io::moved) return false;
    raw_.assign(scratch.data(), result.bytes);
    raw_used_ = 0;
  }
}

void Answer::forget_body() {
  clear_and_shrink(raw_);
  raw_used_ = 0;
  clear_and_shrink(ahead_);
}

void Answer::give_back() {
  release(raw_);
  raw_used_ = 0;
  release(ahead_);
}

}  // namespace keypool::gateway
