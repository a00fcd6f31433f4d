#include "pool/schedule.h"

#include <algorithm>

#include "pool/endpoint.h"

namespace keypool::pool {

void Schedule::set_on_due(OnDue on_due) {
  auto fresh = std::make_shared<const OnDue>(std::move(on_due));
  const std::scoped_lock lock(mutex_);
  on_due_.swap(fresh);
}

void Schedule::set(Endpoint& endpoint, MonotonicTime due) {
  MonotonicTime before;
  std::shared_ptr<const OnDue> on_due;
  {
    const std::scoped_lock lock(mutex_);
    before = next();
    if (due == kNever) {
      due_.erase(endpoint.number());
    } else {
      due_[endpoint.number()] = {&endpoint, due};
    }
    update_next();
    on_due = on_due_;
  }
  if (due < before && *on_due) (*on_due)(due);
}

std::vector<Endpoint*> Schedule::take_due(MonotonicTime now) {
  std::vector<Endpoint*> due;
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, one] : due_) {
    if (one.time <= now) due.push_back(one.endpoint);
  }
  for (const Endpoint* endpoint : due) due_.erase(endpoint->number());
  update_next();
  return due;
}

void Schedule::update_next() {
  MonotonicTime next = kNever;
  for (const auto& [number, one] : due_) next = std::min(next, one.time);
  next_.store(next, std::memory_order_relaxed);
}

}  // namespace keypool::pool
