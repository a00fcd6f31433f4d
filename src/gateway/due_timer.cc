#include "gateway/due_timer.h"

#include <algorithm>
#include <mutex>

#include <boost/asio/post.hpp>

namespace keypool::gateway {

/// What the pool rings, from any thread; it may ring once more when the timer is gone.
class DueTimer::Bell : public std::enable_shared_from_this<Bell> {
 public:
  Bell(asio::io_context& io, DueTimer& timer) : io_(io), timer_(&timer) {}

  void ring() {
    const std::lock_guard lock(mutex_);
    if (timer_ == nullptr || rung_) return;
    rung_ = true;
    asio::post(io_, [self = shared_from_this()] { self->answer(); });
  }

  void take_down() {
    const std::lock_guard lock(mutex_);
    timer_ = nullptr;
  }

 private:
  void answer() {
    DueTimer* timer = nullptr;
    {
      const std::lock_guard lock(mutex_);
      rung_ = false;
      timer = timer_;
    }
    if (timer != nullptr) timer->set();
  }

  asio::io_context& io_;
  std::mutex mutex_;
  DueTimer* timer_;
  bool rung_ = false;  // and not answered yet
};

DueTimer::DueTimer(asio::io_context& io, KeyPool& pool, const Clock& clock)
    : pool_(pool), clock_(clock), timer_(io), bell_(std::make_shared<Bell>(io, *this)) {
  pool_.set_on_due([bell = bell_](MonotonicTime) { bell->ring(); });
  bell_->ring();  // somebody may wait already
}

DueTimer::~DueTimer() {
  pool_.set_on_due(nullptr);
  bell_->take_down();
}

void DueTimer::set() {
  const auto due = pool_.next_due();
  if (due == MonotonicTime::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(due - clock_.now(), std::chrono::nanoseconds{0}));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    pool_.run_due();
    set();
  });
}

}  // namespace keypool::gateway
