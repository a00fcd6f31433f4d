#include "c_api/blocking_wait.h"

#include <utility>

namespace keypool::c_api {

BlockingWait::BlockingWait(KeyPool& pool) : pool_(pool) {
  pool.set_on_due([bell = bell_](MonotonicTime) {
    const std::lock_guard lock(bell->mutex);
    bell->rung.notify_all();
  });
}

std::expected<Lease, LeaseError> BlockingWait::wait(std::string_view endpoint,
                                                    const WaitRequest& request) {
  const auto ended = std::make_shared<std::optional<Leased>>();
  const Waiting place =
      pool_.lease_when_ready(endpoint, request, [bell = bell_, ended](Leased leased) {
        const std::lock_guard lock(bell->mutex);
        *ended = std::move(leased);
        bell->rung.notify_all();
      });

  std::unique_lock lock(bell_->mutex);
  while (!*ended) {
    // Read under the lock that its changes are told under, so that none is slept through.
    const MonotonicTime due = pool_.next_due();
    if (due == MonotonicTime::max()) {
      bell_->rung.wait(lock);
    } else if (bell_->rung.wait_until(lock, due) == std::cv_status::timeout) {
      lock.unlock();
      pool_.run_due();
      lock.lock();
    }
  }
  return std::move(**ended);
}

}  // namespace keypool::c_api
