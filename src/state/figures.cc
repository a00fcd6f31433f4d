#include "state/figures.h"

namespace keypool::state {

std::string_view to_string(Figure figure) noexcept {
  switch (figure) {
    case Figure::succeeded:
      return "succeeded";
    case Figure::rate_limited:
      return "rate_limited";
    case Figure::refused:
      return "refused";
    case Figure::failed:
      return "failed";
    case Figure::hung_up:
      return "hung_up";
    case Figure::estimated:
      return "estimated";
    case Figure::input_tokens:
      return "input_tokens";
    case Figure::cached_tokens:
      return "cached_tokens";
    case Figure::cache_write_tokens:
      return "cache_write_tokens";
    case Figure::cache_write_1h_tokens:
      return "cache_write_1h_tokens";
    case Figure::audio_input_tokens:
      return "audio_input_tokens";
    case Figure::output_tokens:
      return "output_tokens";
    case Figure::reasoning_tokens:
      return "reasoning_tokens";
    case Figure::audio_output_tokens:
      return "audio_output_tokens";
    case Figure::cost_micro_usd:
      return "cost_micro_usd";
  }
  return "unknown";
}

}  // namespace keypool::state
