#pragma once

#include <chrono>
#include <cstdint>

#include <keypool/clock.h>

namespace keypool::pool {

/// Which day and month of UTC a moment falls into, and when they end.
class Calendar {
 public:
  explicit Calendar(WallTime at) noexcept
      : day_(std::chrono::floor<std::chrono::days>(at)), date_(day_) {}

  /// Numbers that differ from day to day, from month to month.
  [[nodiscard]] std::int64_t day() const noexcept { return day_.time_since_epoch().count(); }
  [[nodiscard]] std::int64_t month() const noexcept {
    return std::int64_t{int(date_.year())} * 12 + unsigned(date_.month());
  }

  [[nodiscard]] WallTime end_of_day() const noexcept { return day_ + std::chrono::days(1); }
  [[nodiscard]] WallTime end_of_month() const noexcept {
    const auto next = date_.year() / date_.month() / 1 + std::chrono::months(1);
    return std::chrono::sys_days(next);
  }

 private:
  std::chrono::sys_days day_;
  std::chrono::year_month_day date_;
};

}  // namespace keypool::pool
