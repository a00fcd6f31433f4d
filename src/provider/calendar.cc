#include "provider/calendar.h"

#include <array>
#include <charconv>
#include <chrono>

#include "provider/retry_hint.h"

namespace keypool::provider {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Reads a fixed layout from left to right; once something does not fit, all that follows fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    if (text_.size() < digits) return fail();
    for (const char c : text_.substr(0, digits)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }

  void expect(std::string_view exactly) {
    if (!take(exactly)) fail();
  }

  bool take(std::string_view exactly) {
    if (!good_ || !text_.starts_with(exactly)) return false;
    text_.remove_prefix(exactly.size());
    return true;
  }

  /// The digits after a decimal point, as milliseconds.
  milliseconds fraction() {
    int value = 0;
    int scale = 100;
    while (good_ && !text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value += scale * (text_.front() - '0');
      scale /= 10;
      text_.remove_prefix(1);
    }
    return milliseconds(value);
  }

  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& words) {
    for (std::size_t i = 0; i < N; ++i) {
      if (take(words[i])) return static_cast<int>(i);
    }
    return fail();
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && text_.empty(); }

 private:
  int fail() {
    good_ = false;
    return 0;
  }

  std::string_view text_;
  bool good_ = true;
};

std::optional<sys_days> day_of(int year, int month, int day) {
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

bool is_time(int hour, int minute, int second) {
  return hour < 24 && minute < 60 && second <= 60;  // 60: a leap second
}

// Los Angeles is this far behind UTC.
hours pacific_offset(WallTime when) {
  using namespace std::chrono;
  const year_month_day date(floor<days>(when));
  const WallTime begin = sys_days(date.year() / March / Sunday[2]) + hours(10);  // 02:00 standard
  const WallTime end = sys_days(date.year() / November / Sunday[1]) + hours(9);  // 02:00 daylight
  return hours(begin <= when && when < end ? 7 : 8);
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Reader reader(text);
  reader.one_of(kDays);
  reader.expect(", ");
  const int day = reader.number(2);
  reader.expect(" ");
  const int month = reader.one_of(kMonths) + 1;
  reader.expect(" ");
  const int year = reader.number(4);
  reader.expect(" ");
  const int hour = reader.number(2);
  reader.expect(":");
  const int minute = reader.number(2);
  reader.expect(":");
  const int second = reader.number(2);
  reader.expect(" GMT");
  if (!reader.at_end() || !is_time(hour, minute, second)) return std::nullopt;
  const auto date = day_of(year, month, day);
  if (!date) return std::nullopt;
  return *date + hours(hour) + minutes(minute) + seconds(second);
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Reader reader(text);
  const int year = reader.number(4);
  reader.expect("-");
  const int month = reader.number(2);
  reader.expect("-");
  const int day = reader.number(2);
  if (!reader.take("T") && !reader.take("t")) reader.expect(" ");
  const int hour = reader.number(2);
  reader.expect(":");
  const int minute = reader.number(2);
  reader.expect(":");
  const int second = reader.number(2);
  const milliseconds fraction = reader.take(".") ? reader.fraction() : milliseconds(0);
  minutes ahead{0};
  if (!reader.take("Z") && !reader.take("z")) {
    const int sign = reader.take("-") ? -1 : 1;
    if (sign == 1) reader.expect("+");
    ahead = sign * hours(reader.number(2));
    reader.expect(":");
    ahead += sign * minutes(reader.number(2));
  }
  if (!reader.at_end() || !is_time(hour, minute, second)) return std::nullopt;
  const auto date = day_of(year, month, day);
  if (!date) return std::nullopt;
  return *date + hours(hour) + minutes(minute) + seconds(second) + fraction - ahead;
}

std::optional<WallTime> find_date(std::string_view text) {
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    if (dash < 4) continue;
    Reader reader(text.substr(dash - 4));
    const int year = reader.number(4);
    reader.expect("-");
    const int month = reader.number(2);
    reader.expect("-");
    const int day = reader.number(2);
    if (!reader.good()) continue;
    if (const auto date = day_of(year, month, day)) return WallTime(*date);
  }
  return std::nullopt;
}

WallTime next_utc_midnight(WallTime now) { return std::chrono::floor<days>(now) + days(1); }

WallTime next_utc_monday(WallTime now) {
  const auto today = std::chrono::floor<days>(now);
  // Of seven days ahead, the last that is a Monday: 1 to 7 days from now.
  return today + days(7) - (std::chrono::weekday(today) - std::chrono::Monday);
}

WallTime next_pacific_midnight(WallTime now) {
  const auto local_day = std::chrono::floor<days>(now - pacific_offset(now));
  const WallTime guess = local_day + days(1) + hours(8);
  // The clocks change at 02:00, so the offset at midnight is the one just before it.
  return local_day + days(1) + pacific_offset(guess - hours(2));
}

WallTime next_month(WallTime now) {
  const year_month_day date(std::chrono::floor<days>(now));
  return sys_days(date.year() / date.month() / 1 + std::chrono::months(1));
}

}  // namespace keypool::provider
