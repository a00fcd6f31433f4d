// Any headers give each dimension at most once, and no notice without news.
#include <array>

#include "fuzz/headers.h"
#include "fuzz/input.h"
#include "provider/limit_headers.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::provider;

constexpr Dialect kDialects[] = {Dialect::openai, Dialect::anthropic, Dialect::gemini,
                                 Dialect::azure_openai, Dialect::generic};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Dialect dialect = input.choice(kDialects);
  const auto headers = keypool::fuzz::take_headers(input);

  const ToldLimits limits = read_limit_headers(dialect, headers);

  std::array<int, keypool::kDimensions> times{};
  for (const keypool::LimitNotice& notice : limits.notices()) {
    require(++times[static_cast<std::size_t>(notice.dimension)] == 1, "a dimension comes once");
    require(notice.limit || notice.remaining, "a notice has news");
    require(notice.limit != 0u, "a limit of 0 is no notice");
  }
  return 0;
}
