#include "gateway/attempts.h"

#include <algorithm>

namespace keypool::gateway {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2000};

bool contains(const std::vector<KeyId>& keys, KeyId key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

Fault fault_of(provider::VerdictKind verdict) noexcept {
  using provider::VerdictKind;
  switch (verdict) {
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
      return Fault::request;
  }
  return Fault::request;
}

bool Attempts::worth_trying(KeyId key) {
  if (contains(refused_, key)) return ++failures_ < allowed_;
  if (!contains(used_, key)) used_.push_back(key);
  return true;
}

void Attempts::refused(KeyId key) {
  if (!contains(refused_, key)) refused_.push_back(key);
}

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

}  // namespace keypool::gateway
