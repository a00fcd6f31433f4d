#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <keypool/clock.h>

#include "http/header.h"
#include "provider/dialect.h"

namespace keypool::provider {

/// What one upstream answer says about the key, the endpoint or the request.
enum class VerdictKind {
  success,
  throttled,          ///< the lane rests
  depleted,           ///< the quota group rests
  bad_key,            ///< the key rests
  no_model_access,    ///< the lane rests, long
  overloaded,         ///< the endpoint × model rests; no key is blamed
  server_error,       ///< a 500 of this one call; another attempt may help
  request_fault,      ///< returned unchanged, nothing rests
};

[[nodiscard]] std::string_view to_string(VerdictKind kind) noexcept;

struct Verdict {
  VerdictKind kind = VerdictKind::success;
  std::optional<std::chrono::milliseconds> retry_after;  ///< the provider's own hint
  std::string reason;  ///< for an operator, short, without the provider's free text
};

/// An answer's beginning: all a verdict is made from.
struct AnswerHead {
  int status = 0;
  http::Headers headers;
};

/// Whether `judge` wants the body's beginning for this answer. A success streams on at once; an
/// error's body is short and is read first, up to kJudgedBodyBytes.
[[nodiscard]] bool needs_body(const AnswerHead& head) noexcept;

inline constexpr std::size_t kJudgedBodyBytes = 64 * 1024;

/// Status, then code and type of the error, then structured details, then text. `wall` turns dates
/// into durations. Never throws: what cannot be read is judged by its status.
[[nodiscard]] Verdict judge(Dialect dialect, const AnswerHead& head, std::string_view body,
                            WallTime wall);

}  // namespace keypool::provider
