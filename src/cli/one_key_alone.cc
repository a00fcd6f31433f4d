#include "cli/one_key_alone.h"

#include <algorithm>
#include <limits>

#include "lab/pattern.h"

namespace keypool::cli {

std::uint64_t answered_alone(const std::vector<std::chrono::nanoseconds>& arrivals,
                             const lab::Key& key, std::string_view model,
                             const lab::Charge& charge) {
  lab::Organization alone(key.limits);
  std::uint64_t answered = 0;
  for (const auto arrival : arrivals) {
    lab::Quota* quota = alone.quota(model, arrival);
    if (quota == nullptr || !quota->admit(arrival, charge)) ++answered;
  }
  return answered;
}

double sustained_rate(const lab::Key& key, std::string_view model, const lab::Charge& charge) {
  double rate = std::numeric_limits<double>::infinity();
  const auto bound = [&rate](std::uint64_t per_minute, double each) {
    if (per_minute > 0 && each > 0)
      rate = std::min(rate, static_cast<double>(per_minute) / 60 / each);
  };
  const auto limits = std::ranges::find_if(
      key.limits, [model](const auto& entry) { return lab::matches(entry.first, model); });
  if (limits == key.limits.end()) return rate;
  bound(limits->second.rpm, 1);
  bound(limits->second.tpm, charge.tokens);
  bound(limits->second.input_tpm, charge.input_tokens);
  bound(limits->second.output_tpm, charge.output_tokens);
  return rate;
}

}  // namespace keypool::cli
