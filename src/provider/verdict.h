#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <keypool/clock.h>
#include <keypool/limits.h>

#include "http/header.h"
#include "provider/dialect.h"

namespace keypool::provider {

/// What one upstream answer says about the key, the endpoint or the request.
enum class VerdictKind {
  success,
  throttled,        ///< the lane rests
  depleted,         ///< the quota group rests
  bad_key,          ///< the key rests
  no_model_access,  ///< the lane rests, long
  overloaded,       ///< the endpoint × model rests; no key is blamed
  server_error,     ///< a 500 of this one call; another attempt may help
  request_fault,    ///< returned unchanged, nothing rests
};

[[nodiscard]] std::string_view to_string(VerdictKind kind) noexcept;

/// What a throttled lane has to change besides resting.
enum class LaneAsked {
  nothing,
  slower,         ///< half the pace for a while
  fewer_at_once,  ///< too many calls were under way
};

struct Verdict {
  VerdictKind kind = VerdictKind::success;

  /// How long what rests should rest: the provider's own hint, or what its refusal is known to mean
  /// (the end of a day, of a month). Above zero.
  std::optional<std::chrono::milliseconds> retry_after;

  std::string reason;  ///< for an operator, short, without the provider's free text

  bool operator_only =
      false;  ///< bad_key for good: the provider calls the key leaked; never probed

  /// request_fault, but only for lanes as small as this one (the request is larger than the limit
  /// itself): a quota group with a higher limit would serve it.
  bool larger_lane_may_serve = false;

  /// request_fault, but only for this account: what the request names was not found here, and may
  /// belong to another quota group. Worth trying where the request names such a thing and nobody
  /// knows whose it is (`Call::resources`).
  bool another_owner_may_serve = false;

  /// request_fault, but only for now: another call holds what this one changes (a lock, an
  /// idempotency key). The same account, asked again a moment later, may do it.
  bool conflict = false;

  /// throttled: the limit that was hit, where the answer tells. Concurrency, hours, months,
  /// pictures and audio are none of these.
  std::optional<Dimension> limit = {};
  LaneAsked asked = LaneAsked::nothing;  ///< throttled only

  /// The organization or team that the refusal's text names; empty where it names none, or where
  /// the answer's headers name the organization in their own way (`ToldLimits::account`).
  std::string account = {};
};

/// An answer's beginning: all a verdict is made from.
struct AnswerHead {
  int status = 0;
  http::Headers headers;
  std::string_view host =
      {};  ///< who was asked: a few refusals mean something else at one provider
};

/// Whether `judge` wants the body's beginning for this answer. A success streams on at once; an
/// error's body is short and is read first, up to kJudgedBodyBytes.
[[nodiscard]] bool needs_body(const AnswerHead& head) noexcept;

inline constexpr std::size_t kJudgedBodyBytes = 64 * 1024;

/// Code and type of the error, then structured details, then text, and for what none of these tell,
/// the status. `wall` turns dates into durations. Never throws: what cannot be read is judged by
/// its status. Only the first kJudgedBodyBytes of `body` are looked at, without the content coding
/// that the headers tell.
[[nodiscard]] Verdict judge(Dialect dialect, const AnswerHead& head, std::string_view body,
                            WallTime wall);

/// The same for one event of a stream that began with a success: `data` is an event's data, or a
/// line of NDJSON. Nothing when it is no error.
[[nodiscard]] std::optional<Verdict> judge_event(Dialect dialect, std::string_view data,
                                                 WallTime wall, std::string_view host = {});

/// The same for the whole body of an answer whose status is a success, and which tells an error all
/// the same: OpenRouter's, once generation has begun. Nothing when it is no error.
[[nodiscard]] std::optional<Verdict> judge_whole(Dialect dialect, const AnswerHead& head,
                                                 std::string_view body, WallTime wall);

}  // namespace keypool::provider
