#include "cli/one_key_alone.h"

#include <algorithm>
#include <limits>

namespace keypool::cli {
namespace {

/// A limit a minute that refills steadily. A limit of 0 is none.
class Bucket {
 public:
  Bucket(std::uint64_t per_minute, double burst)
      : per_second_(static_cast<double>(per_minute) / 60),
        size_(static_cast<double>(per_minute) * burst),
        level_(size_) {}

  void refill(double seconds) { level_ = std::min(size_, level_ + seconds * per_second_); }
  [[nodiscard]] bool holds(double amount) const { return size_ == 0 || level_ >= amount; }
  void take(double amount) { level_ -= amount; }

 private:
  double per_second_;
  double size_;
  double level_;
};

}  // namespace

std::uint64_t answered_alone(const std::vector<std::chrono::nanoseconds>& arrivals,
                             const lab::Limits& limits, double tokens) {
  Bucket requests(limits.rpm, limits.burst);
  Bucket all_tokens(limits.tpm, limits.burst);
  std::uint64_t answered = 0;
  std::chrono::nanoseconds last{0};
  for (const auto arrival : arrivals) {
    const double seconds = std::chrono::duration<double>(arrival - last).count();
    last = arrival;
    requests.refill(seconds);
    all_tokens.refill(seconds);
    if (!requests.holds(1) || !all_tokens.holds(tokens)) continue;
    requests.take(1);
    all_tokens.take(tokens);
    ++answered;
  }
  return answered;
}

double sustained_rate(const lab::Limits& limits, double tokens) {
  double rate = std::numeric_limits<double>::infinity();
  if (limits.rpm > 0) rate = std::min(rate, static_cast<double>(limits.rpm) / 60);
  if (limits.tpm > 0 && tokens > 0) {
    rate = std::min(rate, static_cast<double>(limits.tpm) / 60 / tokens);
  }
  return rate;
}

lab::Limits limits_for(const lab::Key& key, std::string_view model) {
  for (const auto& [pattern, limits] : key.limits) {
    if (pattern == "*" || pattern == model) return limits;
  }
  return {};
}

}  // namespace keypool::cli
