#include "gateway/attempts.h"

#include <algorithm>
#include <utility>

namespace keypool::gateway {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2000};
constexpr std::chrono::milliseconds kConflictPause{500};

bool contains(const std::vector<KeyId>& keys, KeyId key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void add(std::vector<KeyId>& keys, KeyId key) {
  if (!contains(keys, key)) keys.push_back(key);
}

}  // namespace

Fault fault_of(const provider::Verdict& verdict) noexcept {
  using provider::VerdictKind;
  switch (verdict.kind) {
    case VerdictKind::success:
      return Fault::none;
    case VerdictKind::throttled:
    case VerdictKind::depleted:
    case VerdictKind::bad_key:
    case VerdictKind::no_model_access:
      return Fault::key;
    case VerdictKind::overloaded:
    case VerdictKind::server_error:
      return Fault::endpoint;
    case VerdictKind::request_fault:
      break;
  }
  return verdict.larger_lane_may_serve ? Fault::lane : Fault::request;
}

bool Attempts::worth_trying(KeyId key) {
  if (contains(too_small_, key)) return false;
  if (contains(refused_, key)) return ++returns_ <= kMostReturns;
  add(used_, key);
  return true;
}

void Attempts::refused(KeyId key) { add(refused_, key); }

void Attempts::too_small(KeyId key) { add(too_small_, key); }

std::optional<std::chrono::milliseconds> Attempts::pause_after_failure(
    std::optional<std::chrono::milliseconds> hint) {
  if (++failures_ >= allowed_) return std::nullopt;
  auto pause = kFirstPause;
  for (int i = 1; i < failures_ && pause < kLongestPause; ++i) pause *= 2;
  pause = std::min(pause, kLongestPause);
  if (hint) pause = std::max(pause, *hint);
  if (pause > kLongestPause) return std::nullopt;
  return pause;
}

std::optional<std::chrono::milliseconds> Attempts::pause_after_conflict() noexcept {
  if (std::exchange(conflicted_, true)) return std::nullopt;
  return kConflictPause;
}

}  // namespace keypool::gateway
