// Any headers and bodies give no hint or one within bounds; so does each grammar by itself.
#include "fuzz/headers.h"
#include "fuzz/input.h"
#include "provider/calendar.h"
#include "provider/retry_hint.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::provider;

constexpr keypool::WallTime kNow{std::chrono::seconds(1'795'435'200)};

void check(std::optional<std::chrono::milliseconds> hint) {
  require(!hint || hint->count() >= 0, "hints are not negative");
  require(!hint || *hint <= kLongestHint, "hints end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto headers = keypool::fuzz::take_headers(input);
  check(retry_hint(headers, input.rest(), kNow));

  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(parse_duration(text));
  check(parse_reset(text, kNow));
  if (const auto date = find_date(text)) {
    require(next_utc_midnight(*date) > *date, "midnight is ahead");
    require(next_pacific_midnight(*date) > *date, "midnight is ahead in Los Angeles");
    require(next_month(*date) > *date, "the next month is ahead");
  }
  return 0;
}
