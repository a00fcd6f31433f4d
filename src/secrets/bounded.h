#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <signal.h>

namespace keypool::secrets {

/// Holds every signal back from the calling thread, and from those that it starts, while it lives:
/// a library's threads must not take the signals that the program waits for.
class WithoutSignals {
 public:
  WithoutSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

/// What `work` returns; nothing when it has not ended after `limit`. It then goes on in the
/// background, for ever if need be, so it may only use what it owns.
template <typename Result>
std::optional<Result> within(std::chrono::milliseconds limit, std::function<Result()> work) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result> result;
  };
  auto shared = std::make_shared<Shared>();
  {
    const WithoutSignals held_back;
    std::thread([shared, work = std::move(work)] {
      auto result = work();
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(result);
      shared->changed.notify_all();
    }).detach();
  }
  std::unique_lock lock(shared->mutex);
  shared->changed.wait_for(lock, limit, [&] { return shared->result.has_value(); });
  return std::exchange(shared->result, std::nullopt);
}

}  // namespace keypool::secrets
