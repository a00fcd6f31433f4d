#pragma once

#include <atomic>
#include <thread>

namespace keypool::pool {

/// A lock for sections of some ten nanoseconds: cheaper to take than a std::mutex. A thread that
/// does not get it soon lets others run, so that a preempted owner is not spun against for long.
class SpinLock {
 public:
  void lock() noexcept {
    while (taken_.exchange(true, std::memory_order_acquire)) wait();
  }

  /// As `lock`; true when it had to wait for another thread.
  [[nodiscard]] bool lock_contended() noexcept {
    if (!taken_.exchange(true, std::memory_order_acquire)) [[likely]]
      return false;
    wait();
    lock();
    return true;
  }

  [[nodiscard]] bool try_lock() noexcept {
    return !taken_.load(std::memory_order_relaxed) &&
           !taken_.exchange(true, std::memory_order_acquire);
  }

  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsBeforeYield = 128;

  void wait() noexcept {
    for (int spins = 0; taken_.load(std::memory_order_relaxed); ++spins) {
      if (spins < kSpinsBeforeYield) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
      } else {
        std::this_thread::yield();
      }
    }
  }

  std::atomic<bool> taken_{false};
};

}  // namespace keypool::pool
