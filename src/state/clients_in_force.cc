#include "state/clients_in_force.h"

#include <utility>

namespace keypool::state {

void ClientsInForce::replace(std::shared_ptr<Clients> next) {
  const std::lock_guard lock(mutex_);
  const bool any = !next->empty();
  now_ = std::move(next);
  if (any) asked_for_.store(true, std::memory_order_release);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const Clients> ClientsInForce::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

}  // namespace keypool::state
