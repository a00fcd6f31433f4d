#include "gateway/key_wait.h"

#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

namespace keypool::gateway {

using Leased = std::expected<Lease, LeaseError>;

/// Where the thread that has the lease meets the one that waits for it.
class KeyWait::Meeting {
 public:
  Meeting(asio::io_context& io, std::shared_ptr<Signal> signal)
      : io_(&io), signal_(std::move(signal)) {}

  void come(Leased leased) {
    {
      const std::lock_guard lock(mutex_);
      if (io_ != nullptr) {
        leased_ = std::move(leased);
        // Posted also on the reactor's own thread: another call may be in the middle of something.
        if (asleep_) asio::post(*io_, [signal = signal_] { signal->notify(); });
        return;
      }
    }
    if (leased) leased->release();
  }

  /// From now on, who comes has to wake.
  void fall_asleep() {
    const std::lock_guard lock(mutex_);
    asleep_ = true;
  }

  [[nodiscard]] bool has_come() {
    const std::lock_guard lock(mutex_);
    return leased_.has_value();
  }

  /// From now on, who comes is sent away.
  [[nodiscard]] std::optional<Leased> end() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
    return std::exchange(leased_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  asio::io_context* io_;  // null: nobody waits any more
  std::shared_ptr<Signal> signal_;
  std::optional<Leased> leased_;
  bool asleep_ = false;
};

KeyWait::KeyWait(asio::io_context& io, std::shared_ptr<Signal> signal)
    : meeting_(std::make_shared<Meeting>(io, std::move(signal))) {}

KeyWait::~KeyWait() {
  place_.cancel();
  if (auto leased = meeting_->end(); leased && *leased) (*leased)->release();
}

void KeyWait::begin(KeyPool& pool, std::string_view endpoint, const WaitRequest& request) {
  auto come = [meeting = meeting_](Leased leased) { meeting->come(std::move(leased)); };
  place_ = pool.lease_when_ready(endpoint, request, std::move(come));
  meeting_->fall_asleep();
}

bool KeyWait::ended() const { return meeting_->has_come(); }

Leased KeyWait::leave() {
  place_.cancel();
  if (auto leased = meeting_->end()) return std::move(*leased);
  return std::unexpected(LeaseError{LeaseErrorKind::all_cooling, {}, {}, {}});
}

}  // namespace keypool::gateway
