#include <keypool/key_stats.h>

namespace keypool {

std::string_view to_string(KeyState state) noexcept {
  switch (state) {
    case KeyState::ready:
      return "ready";
    case KeyState::cooling:
      return "cooling";
    case KeyState::depleted:
      return "depleted";
    case KeyState::invalid:
      return "invalid";
    case KeyState::disabled:
      return "disabled";
    case KeyState::draining:
      return "draining";
  }
  return "";
}

std::string_view to_string(LaneFault fault) noexcept {
  switch (fault) {
    case LaneFault::none:
      return "none";
    case LaneFault::rate_limit:
      return "rate_limit";
    case LaneFault::model_refused:
      return "model_refused";
  }
  return "";
}

double KeyStats::average_latency_ms() const noexcept {
  if (successes == 0) return 0.0;
  return static_cast<double>(total_latency.count()) / static_cast<double>(successes);
}

double KeyStats::success_rate() const noexcept {
  const double ended = static_cast<double>(successes) + static_cast<double>(failures);
  return ended == 0 ? 0.5 : static_cast<double>(successes) / ended;
}

double KeyStats::cost_usd(double input_per_million, double output_per_million) const noexcept {
  return static_cast<double>(total_input_tokens) / 1e6 * input_per_million +
         static_cast<double>(total_output_tokens) / 1e6 * output_per_million;
}

}  // namespace keypool
