// Any answer is judged, in words of our own and with a rest that ends.
#include <string>

#include "fuzz/headers.h"
#include "fuzz/input.h"
#include "provider/retry_hint.h"
#include "provider/verdict.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::provider;

constexpr Dialect kDialects[] = {Dialect::openai, Dialect::anthropic, Dialect::gemini,
                                 Dialect::azure_openai, Dialect::generic};
constexpr int kStatuses[] = {429, 400, 401, 402, 403, 404, 413, 498, 500, 503, 529, 200};
constexpr keypool::WallTime kNow{std::chrono::seconds(1'795'435'200)};

void check(const Verdict& verdict) {
  require(!to_string(verdict.kind).empty(), "a verdict has a name");
  require(verdict.reason.size() <= 60, "reasons are our own short words");
  require(!verdict.retry_after || verdict.retry_after->count() > 0, "a rest takes some time");
  require(!verdict.retry_after || *verdict.retry_after <= std::chrono::days(3660),
          "a rest ends in somebody's lifetime");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Dialect dialect = input.choice(kDialects);
  const int status = input.choice(kStatuses);
  const auto headers = keypool::fuzz::take_headers(input);

  check(judge(dialect, {status, headers}, input.rest(), kNow));
  if (const auto verdict = judge_event(dialect, input.rest(), kNow)) {
    check(*verdict);
    require(verdict->kind != VerdictKind::success, "an error is no success");
  }
  return 0;
}
