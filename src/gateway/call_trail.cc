#include "gateway/call_trail.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kWhy = 200;

TryEnd end_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::answered:
      return TryEnd::success;
    case Outcome::refused:
    case Outcome::broken:
      return TryEnd::broken;
    case Outcome::hung_up:
      return TryEnd::hung_up;
  }
  return TryEnd::broken;
}

}  // namespace

void CallTrail::begin(MonotonicTime now) {
  times_ = nullptr;
  began_ = now;
  asked_.reset();
  waited_ = {};
  first_byte_.reset();
  used_ = {};
  count_ = 0;
  trying_ = false;
  last_end_.reset();
}

void CallTrail::key_is_had(std::string_view key, MonotonicTime now) {
  wait_ends(now);
  if (count_ < kMostTries) ++count_;
  if (tries_.size() < count_) tries_.emplace_back();
  auto& one = tries_[count_ - 1];
  one.key.assign(key);
  one.began = since_begin(now);
  one.why.clear();
  had_key_ = now;
  trying_ = true;
}

void CallTrail::wait_ends(MonotonicTime now) noexcept {
  if (!asked_) return;
  const auto waited = now - *asked_;
  asked_.reset();
  waited_ += waited;
  if (times_ != nullptr) times_->lease_wait.add(waited);
}

void CallTrail::try_ends(TryEnd end, int status, std::string_view why, MonotonicTime now) {
  if (!trying_) return;
  trying_ = false;
  last_end_ = end;
  auto& one = tries_[count_ - 1];
  one.ended = since_begin(now);
  one.status = status;
  one.verdict = to_string(end);
  one.why.assign(why.substr(0, kWhy));
  if (end == TryEnd::success && times_ != nullptr) times_->upstream.add(now - had_key_);
}

void CallTrail::first_byte_passes(const Clock& clock) noexcept {
  if (first_byte_) return;
  first_byte_ = clock.now();
  if (times_ != nullptr) times_->first_byte.add(*first_byte_ - began_);
}

void CallTrail::ends(Outcome outcome, int status, MonotonicTime now) {
  wait_ends(now);
  try_ends(end_of(outcome), status, {}, now);
}

milliseconds CallTrail::since_begin(MonotonicTime time) const noexcept {
  return std::chrono::duration_cast<milliseconds>(time - began_);
}

milliseconds CallTrail::waited() const noexcept {
  return std::chrono::duration_cast<milliseconds>(waited_);
}

std::optional<milliseconds> CallTrail::first_byte() const noexcept {
  if (!first_byte_) return std::nullopt;
  return since_begin(*first_byte_);
}

}  // namespace keypool::gateway
