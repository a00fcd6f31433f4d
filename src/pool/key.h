#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_pool.h>
#include <keypool/secret.h>

namespace keypool::pool {

inline constexpr MonotonicTime kLongAgo = MonotonicTime::min();
inline constexpr MonotonicTime kNever = MonotonicTime::max();

/// Why and until when something is passed over. Afterwards it is *half open*: one call probes it,
/// and the end of that call decides.
struct Rest {
  MonotonicTime since = kLongAgo;
  MonotonicTime until = kLongAgo;
  std::uint8_t strikes = 0;  ///< rests in a row without a success between: each is longer
  bool resting = false;
  bool half_open = false;

  void begin(MonotonicTime now, MonotonicTime end) noexcept {
    since = now;
    until = end;
    if (strikes < std::numeric_limits<std::uint8_t>::max()) ++strikes;
    resting = true;
    half_open = false;
  }

  void probe() noexcept {
    resting = false;
    half_open = true;
  }

  void clear() noexcept { *this = {}; }
};

/// A short text that most owners never have.
class Note {
 public:
  static constexpr std::size_t kLongest = 200;  ///< what is longer is cut off

  void set(std::string_view text) {
    if (!text_) text_ = std::make_unique<std::string>();
    text_->assign(text.substr(0, kLongest));
  }
  void clear() noexcept { text_.reset(); }
  [[nodiscard]] std::string_view get() const noexcept {
    return text_ ? std::string_view(*text_) : std::string_view();
  }

 private:
  std::unique_ptr<std::string> text_;
};

/// What a key has spent of its caps, and how it may be used beyond the plain.
struct KeyTerms {
  std::vector<ModelLimits> limits;
  SpendingCaps caps;
  std::int64_t day = 0;  ///< that the counts below belong to, since 1970, UTC
  std::int64_t month = 0;
  std::uint64_t tokens_today = 0;
  std::uint64_t micro_usd_today = 0;
  std::uint64_t micro_usd_this_month = 0;
  MonotonicTime capped_until = kLongAgo;
  std::string_view cap;  ///< which one was reached

  [[nodiscard]] bool has_caps() const noexcept {
    return caps.tokens_per_day > 0 || caps.micro_usd_per_day > 0 || caps.micro_usd_per_month > 0;
  }
  [[nodiscard]] const Limits* limits_of(std::string_view model) const noexcept;
};

/// One secret, what has been counted for it, and whether it may be used. The first line holds what
/// every call touches.
struct alignas(64) Key {
  std::uint64_t total_requests = 0;
  std::uint64_t successes = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t latency_ms = 0;
  double average_tokens = 0;  ///< of the calls that ended; 0 as long as none reported tokens
  MonotonicTime last_success = kLongAgo;
  std::uint32_t in_flight = 0;
  std::uint32_t group = 0;

  std::uint64_t failures = 0;
  std::uint64_t rate_limits = 0;
  std::uint64_t abandoned = 0;
  std::uint32_t detached = 0;  ///< of those in flight, to be reported by name
  bool watched = false;        ///< whether a call's start or end may change its readiness
  bool disabled = false;
  bool draining = false;
  std::uint8_t tier = 0;
  float weight = 1;
  std::uint32_t max_in_flight = 0;  ///< 0: any number
  MonotonicTime last_rate_limit = kLongAgo;
  Board* detached_board = nullptr;              ///< where the last detached call was leased
  MonotonicTime detached_leased_at = kLongAgo;  ///< and when
  double detached_charge = 0;  ///< what is reserved for all of them, by forward decay
  Key* next_in_group = nullptr;
  Rest refused;  ///< the provider refuses the secret
  Note refusal;
  Note last_failure;
  std::unique_ptr<KeyTerms> terms;

  KeyId id{};
  std::list<Key>::iterator self;
  std::string name;
  Secret secret;
  std::optional<WallTime> restored_success;  ///< of an earlier run
  std::optional<WallTime> restored_rate_limit;

  /// Whether its own calls have to be looked at.
  [[nodiscard]] bool wants_watching() const noexcept {
    return refused.resting || refused.half_open || max_in_flight > 0 ||
           (terms && terms->has_caps());
  }

  /// When it may be leased again, as far as it goes by the key itself.
  [[nodiscard]] MonotonicTime ready_at() const noexcept {
    if (disabled || draining || (refused.half_open && in_flight > 0)) return kNever;
    if (max_in_flight > 0 && in_flight >= max_in_flight) return kNever;
    const MonotonicTime capped_until = terms ? terms->capped_until : kLongAgo;
    return refused.resting ? std::max(refused.until, capped_until) : capped_until;
  }

  [[nodiscard]] std::uint64_t ended_calls() const noexcept {
    return successes + failures + rate_limits;
  }

  void recompute_average() noexcept {
    const double tokens = static_cast<double>(input_tokens) + static_cast<double>(output_tokens);
    const double calls = static_cast<double>(ended_calls());
    average_tokens = calls > 0 ? tokens / calls : 0.0;
  }
};

/// Keys that share one provider quota. Its number is the place of its lane on every board.
struct Group {
  Key* first = nullptr;  ///< a list through Key::next_in_group
  Key* last = nullptr;
  Key* cursor = nullptr;  ///< whose turn it is
  std::uint32_t size = 0;
  bool configured = false;  ///< by its name, or by what its answers said
  Rest depleted;
  Note depletion;
  Note account;  ///< that its answers named

  /// Whether calls of all its keys have to be looked at.
  [[nodiscard]] bool watched() const noexcept { return depleted.resting || depleted.half_open; }

  [[nodiscard]] std::uint64_t in_flight() const noexcept {
    std::uint64_t calls = 0;
    for (const Key* key = first; key != nullptr; key = key->next_in_group) calls += key->in_flight;
    return calls;
  }

  [[nodiscard]] Key* only_key() const noexcept { return size == 1 ? first : nullptr; }
};

}  // namespace keypool::pool
