#include "gateway/retry_advice.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

// What the official SDKs try again by themselves (openai-python 3.3, anthropic-sdk-python 0.121).
bool tried_again_by_sdks(int status) noexcept {
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

RetryAdvice come_back_after(const std::optional<milliseconds>& time) noexcept {
  return worth_coming_back(time) ? RetryAdvice{true, time} : RetryAdvice{false};
}

}  // namespace

std::optional<RetryAdvice> advice_on(int status, const provider::Verdict& verdict,
                                     const TriesEnd& end) noexcept {
  if (!tried_again_by_sdks(status)) return std::nullopt;
  const auto& hint = verdict.retry_after;
  switch (fault_of(verdict)) {
    case Fault::none:
    case Fault::request:
      return std::nullopt;
    case Fault::lane:
      return RetryAdvice{false};
    case Fault::key:
      // The key rests now, and the next try goes to another.
      if (end.once_only) return RetryAdvice{true};
      return come_back_after(
          !end.opens && verdict.kind == provider::VerdictKind::throttled ? hint : end.opens);
    case Fault::endpoint:
      if (end.once_only) return RetryAdvice{true, worth_coming_back(hint) ? hint : std::nullopt};
      if (end.exhausted) return RetryAdvice{false, worth_coming_back(hint) ? hint : std::nullopt};
      return come_back_after(hint);
  }
  return std::nullopt;
}

}  // namespace keypool::gateway
