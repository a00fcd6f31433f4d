#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/answer.h"

namespace keypool::lab {

/// What a simulated provider does: its keys and their limits, how long and how fast it answers, and
/// what goes wrong when. Written in code by tests, or read from a file (`load_scenario`), so that
/// anybody may rehearse a bad day of their provider.
///
/// The file is YAML (or JSON, which is YAML too). Every field may be left out:
///
///     listen: 127.0.0.1:9000          # default 127.0.0.1:0, any free port
///     seed: 7                         # the same seed and order of calls give the same run
///     time_scale: 60                  # a minute of the provider's time passes in a second
///     limit_headers: native           # native | groq | none
///     answers:
///       tokens: [20, 80]              # a number, or from … to
///       first_token: 300ms
///       tokens_per_second: 40         # 0: the rest at once
///       cached: 0.5                   # share of the input that counts as read from a cache
///       thinking: 10                  # output tokens that are counted, but not shown
///     pieces: [1, 7]                  # bytes a write of every body; default: as they come
///     gzip: yes                       # bodies are compressed where the caller takes it
///     models:                         # the first that matches decides; fields as in `answers`
///       - { match: "gpt-*-mini", tokens: 30, tokens_per_second: 200 }
///     keys:                           # none: a keyless server, which takes any credential
///       - name: team-a
///         secret: sk-demo-team-a      # made up; never put a real one here
///         organization: org-demo-1    # keys that name the same one share its limits
///         limits:                     # by model; each model has buckets of its own
///           "*": { rpm: 60, tpm: 10000, rpd: 1000, burst: 0.5 }
///           "claude-*": { rpm: 50, input_tpm: 30000, output_tpm: 8000 }
///     faults:                         # of those that match a call the first decides
///       - { keys: "team-*", calls: [3, 5], error: overloaded }
///       - { models: "gpt-4*", probability: 0.1, reset: mid_body }
///       - { paths: "*/embeddings", from: 10s, until: 20s, stall: before_head }
///       - { cut: mid_body }           # the body ends early
///       - { garbage: yes }            # what comes is not HTTP
///       - { slow: 5s }                # the answer is good, but late
///       - { error: overloaded, at: mid_body }      # told within a stream
///       - answer: { status: 502, headers: { content-type: text/html }, body: "Bad gateway" }
///       - { says: groq.request_too_large }         # a known answer: docs/simulated-provider.md
///       - { says: anthropic.stream_preamble, then: reset }  # whole | cut | reset | stall
///       - { raw: "HTTP/1.1 103 Early Hints\r\n\r\n" }  # bytes as given, then the end
///     changes:                        # limits that the provider changes on its own
///       - { at: 30s, key: team-a, limits: { "*": { rpm: 30 } } }
///
/// A caller steers single answers by headers: `x-lab-tokens: 120` (output tokens),
/// `x-lab-bytes: 200000000` (size of the answer's text; generated, not stored), `x-lab-first-token:
/// 2s`, `x-lab-tokens-per-second: 5`. Else the answer has as many tokens as the model's entry says,
/// cut at the cap the request sets (`max_tokens` and its kin). One token is four bytes of text, in
/// questions and answers alike.

inline constexpr std::chrono::milliseconds kForever{std::chrono::milliseconds::max()};

/// How long answers are and how fast they come.
struct Pace {
  std::uint64_t tokens_from = 50;  ///< output tokens, drawn evenly from … to
  std::uint64_t tokens_to = 50;
  std::chrono::milliseconds first_token{0};
  double tokens_per_second = 0;  ///< 0: all at once
  double cached = 0;             ///< share of the input that counts as read from a prompt cache
  std::uint64_t thinking = 0;    ///< output tokens that are counted, but not shown
};

/// How long a whole answer of so many tokens takes.
[[nodiscard]] std::chrono::nanoseconds answer_time(const Pace& pace, std::uint64_t tokens) noexcept;

struct ModelPace {
  std::string match;  ///< a pattern with `*`
  Pace pace;
};

/// Limits of one organization for one model. 0: none.
struct Limits {
  std::uint64_t rpm = 0;         ///< requests a minute
  std::uint64_t rpd = 0;         ///< requests a day
  std::uint64_t tpm = 0;         ///< tokens a minute, input and output together
  std::uint64_t input_tpm = 0;   ///< input tokens a minute
  std::uint64_t output_tpm = 0;  ///< output tokens a minute
  double burst = 1;              ///< share of a minute's limit that may be spent at once

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// Limits by model pattern; the first that matches decides, none is no limit.
using ModelLimits = std::vector<std::pair<std::string, Limits>>;

struct Key {
  std::string name;               ///< safe to show
  std::string secret;             ///< made up: a simulation never holds a real one
  std::string organization = {};  ///< empty: one of its own
  ModelLimits limits = {};        ///< the organization's; given with its first key only
};

/// Which limit headers the OpenAI-shaped paths tell; the others have only their own.
enum class LimitHeaders {
  native,  ///< each path as its provider does
  groq,    ///< requests a day and tokens a minute under OpenAI's names (Groq docs, read 2026-11)
  none,    ///< nothing but the status, not even Retry-After
};

/// Errors by what they mean; each dialect words them as its provider does.
enum class ErrorKind {
  rate_limit,          ///< 429 without a limit having been reached
  insufficient_quota,  ///< no credit left
  spend_limit,         ///< a spending limit reached
  bad_key,             ///< 401 (Gemini: 400), as for a key that the provider does not know
  leaked_key,          ///< the provider has locked the key for good
  forbidden,           ///< 403: no access to the model
  model_not_found,     ///< 404: no such model
  not_found,           ///< 404: no such path, file, batch, …
  invalid_request,     ///< 400: the request's own fault
  too_large,           ///< 413
  overloaded,          ///< 529, or 503
  unavailable,         ///< 503
  slow_down,           ///< 503 "Slow Down" / 429 acceleration limit
  server_error,        ///< 500
  timeout,             ///< 504
};

enum class FaultKind {
  error,    ///< an error in the dialect's own words
  answer,   ///< a given answer, whatever it is
  reset,    ///< the connection is reset
  stall,    ///< nothing more comes
  cut,      ///< the connection closes although more was announced
  garbage,  ///< what comes is not HTTP
  raw,      ///< given bytes, whatever they are; then the connection closes
  slow,     ///< a good answer, late
};

/// What follows the bytes of a given answer.
enum class AnswerEnd {
  whole,
  cut,    ///< the connection closes although the body has not ended
  reset,  ///< as `cut`, with a reset
  stall,  ///< nothing more comes
};

/// Where in an answer a fault strikes.
enum class FaultPoint { before_head, after_head, mid_body };

/// Something that goes wrong, and for which calls.
struct Fault {
  std::string keys = "*";  ///< patterns; a call without a known key has the empty name
  std::string models = "*";
  std::string paths = "*";
  std::uint64_t first_call = 1;  ///< among the calls that match the three patterns and the time
  std::uint64_t last_call = std::numeric_limits<std::uint64_t>::max();
  std::chrono::milliseconds from{0};  ///< since the provider's start
  std::chrono::milliseconds until = kForever;
  double probability = 1;

  FaultKind kind = FaultKind::error;
  FaultPoint at = FaultPoint::before_head;
  ErrorKind error = ErrorKind::server_error;  ///< of FaultKind::error
  http::Answer answer = {};                   ///< of FaultKind::answer
  AnswerEnd then = AnswerEnd::whole;          ///< of FaultKind::answer
  std::uint64_t input_tokens = 0;             ///< of FaultKind::answer: what it costs, where it is
  std::uint64_t output_tokens = 0;            ///< a good one
  std::string raw = {};                       ///< of FaultKind::raw
  std::chrono::milliseconds delay{0};         ///< of FaultKind::slow
};

/// New limits for a key's organization, from a time on. Spent buckets stay spent.
struct LimitChange {
  std::chrono::milliseconds at{0};  ///< since the provider's start
  std::string key;
  ModelLimits limits;
};

/// Bytes that are written at once, drawn evenly from … to. 0: as they come.
struct PieceSizes {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

struct Scenario {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  std::uint64_t seed = 1;
  /// How much faster than the clock the provider lives: its limits refill and its answers come that
  /// much sooner. What it tells (`retry-after` and the like) is in its own time. Above zero.
  double time_scale = 1;
  LimitHeaders limit_headers = LimitHeaders::native;
  PieceSizes pieces = {};
  bool gzip = false;
  Pace pace = {};
  std::vector<ModelPace> models = {};
  std::vector<Key> keys = {};
  std::vector<Fault> faults = {};
  std::vector<LimitChange> changes = {};

  /// The pace of a model: its first matching entry's, or the common one.
  [[nodiscard]] const Pace& pace_of(std::string_view model) const noexcept;
};

/// Three keys of unequal limits and answers of a natural pace: what `keypool demo` shows.
[[nodiscard]] Scenario default_scenario();

/// Ten keys of unequal limits, as accounts of several tiers have, and answers of a natural pace:
/// what `keypool lab simulate` runs on when it is given no file.
[[nodiscard]] Scenario unequal_keys_scenario();

/// Reads a scenario file. The error holds every mistake found, one a line, each with file, line,
/// column, the path of the field and what was expected.
[[nodiscard]] std::expected<Scenario, std::string> load_scenario(const std::filesystem::path& file);

}  // namespace keypool::lab
