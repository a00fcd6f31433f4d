#include <ctime>

#include <keypool/clock.h>

namespace keypool {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now());
  }

  [[nodiscard]] MonotonicTime recent() const noexcept override {
#ifdef CLOCK_MONOTONIC_COARSE
    std::timespec time{};
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &time) == 0) {
      return MonotonicTime{std::chrono::seconds{time.tv_sec} +
                           std::chrono::nanoseconds{time.tv_nsec}};
    }
#endif
    return now();
  }

  [[nodiscard]] WallTime wall() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
};

}  // namespace

const Clock& system_clock() noexcept {
  static const SystemClock clock;
  return clock;
}

}  // namespace keypool
