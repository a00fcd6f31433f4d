#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "provider/verdict.h"

namespace keypool::provider {

/// Where in an error a rule looks. Codes and types are compared whole; texts are searched for a
/// phrase without regard to case (rules have it in lower case); digits are never searched for.
enum class Clue : std::uint8_t {
  any,               ///< the status is enough
  code,              ///< the error's code, number or string
  code_prefix,       ///< the beginning of it
  type,              ///< the error's type
  label,             ///< any machine-readable name in it: code, type, status, reasons, error types
  text,              ///< a phrase in its message
  text_prefix,       ///< the beginning of its message
  quota_id,          ///< a part of a violated quota's id (Google)
  limit_of_zero,     ///< a limit of 0 in headers or details: never allowed on this plan
  upstream_code,     ///< another provider's code is passed on (OpenRouter)
  not_json,          ///< an answer of an edge server, not of the provider
  streamed_refusal,  ///< `retry-after` on an event stream that says it is fine (Azure)
};

/// How long what was refused rests.
enum class Rest : std::uint8_t {
  hint,        ///< as the answer says, else `fallback`
  fallback,    ///< `fallback`, whatever the answer says
  named_date,  ///< the date in its message, else as month_end
  month_end,   ///< the 1st of the next month, 00:00 UTC
  utc_midnight,
  pacific_midnight,  ///< when Google's days end
  limit_reset,       ///< when the key's own limit starts anew, as the answer says; else no hint
};

/// One row of the decision table. A rule whose conditions all hold decides; the first does.
struct Rule {
  std::string_view row;  ///< its number in the table, as tests and comments call it
  int from = 400;        ///< statuses, both ends included
  int to = 599;
  Clue clue = Clue::any;
  std::string_view is = {};
  std::string_view also_text = {};  ///< a phrase that the message must have besides; empty: none
  VerdictKind kind = VerdictKind::request_fault;
  std::string_view reason = {};
  Rest rest = Rest::hint;
  std::chrono::milliseconds fallback{0};  ///< 0: none
  LaneAsked asked = LaneAsked::nothing;
  bool operator_only = false;
  bool larger_lane_may_serve = false;
  bool another_owner_may_serve = false;
  bool conflict = false;

  /// Holds only at this provider, by its endpoint's name in known.cc; empty: at any.
  std::string_view provider = {};
};

}  // namespace keypool::provider
