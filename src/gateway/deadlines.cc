#include "gateway/deadlines.h"

namespace keypool::gateway {

Timed::Timed(Deadlines& deadlines) : deadlines_(deadlines) { deadlines_.all_.push_back(*this); }

void Timed::expire_after(std::chrono::milliseconds time) noexcept {
  expires_ = deadlines_.now() + time;
}

void Deadlines::tick(MonotonicTime now) {
  now_ = now;
  // Expiring one may end others: the late ones are set apart first, and whoever ends takes itself
  // off its list.
  List late;
  for (auto it = all_.begin(); it != all_.end();) {
    Timed& timed = *it++;
    if (timed.expires_ > now) continue;
    timed.unlink();
    late.push_back(timed);
  }
  while (!late.empty()) {
    Timed& timed = late.front();
    timed.unlink();
    all_.push_back(timed);
    timed.never_expire();
    timed.expire();
  }
}

}  // namespace keypool::gateway
