#include <keypool/limits.h>

namespace keypool {

std::string_view to_string(Dimension dimension) noexcept {
  switch (dimension) {
    case Dimension::requests_per_minute:
      return "requests_per_minute";
    case Dimension::tokens_per_minute:
      return "tokens_per_minute";
    case Dimension::input_tokens_per_minute:
      return "input_tokens_per_minute";
    case Dimension::output_tokens_per_minute:
      return "output_tokens_per_minute";
    case Dimension::requests_per_day:
      return "requests_per_day";
    case Dimension::tokens_per_day:
      return "tokens_per_day";
  }
  return "";
}

std::string_view to_string(LimitSource source) noexcept {
  switch (source) {
    case LimitSource::none:
      return "none";
    case LimitSource::learned:
      return "learned";
    case LimitSource::configured:
      return "configured";
    case LimitSource::reported:
      return "reported";
  }
  return "";
}

}  // namespace keypool
