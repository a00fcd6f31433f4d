#include "gateway/counters.h"

namespace keypool::gateway {

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::answered:
      return "answered";
    case Outcome::refused:
      return "refused";
    case Outcome::broken:
      return "broken";
    case Outcome::hung_up:
      return "hung_up";
  }
  return "unknown";
}

}  // namespace keypool::gateway
