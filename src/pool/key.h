#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
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

/// What most owners never have: takes one pointer until it is edited, and reads as if it were new.
template <typename T>
class Rare {
 public:
  [[nodiscard]] const T& operator*() const noexcept { return value_ ? *value_ : kNone; }
  [[nodiscard]] const T* operator->() const noexcept { return &**this; }
  [[nodiscard]] T& edit() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  void reset() noexcept { value_.reset(); }

 private:
  static inline const T kNone{};

  std::unique_ptr<T> value_;
};

/// A short text that most owners never have.
class Note {
 public:
  static constexpr std::size_t kLongest = 200;  ///< what is longer is cut off

  void set(std::string_view text) { text_.edit().assign(text.substr(0, kLongest)); }
  void clear() noexcept { text_.reset(); }
  [[nodiscard]] std::string_view get() const noexcept { return *text_; }

 private:
  Rare<std::string> text_;
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

/// What only keys have that something happened to.
struct KeyExtras {
  Rest refused;  ///< the provider refuses the secret
  Note refusal;
  Note last_failure;
  std::unique_ptr<KeyTerms> terms;

  std::uint64_t abandoned = 0;
  std::uint32_t detached = 0;       ///< calls among those in flight, to be reported by name
  Board* detached_board = nullptr;  ///< where the last of them was leased
  MonotonicTime detached_leased_at = kLongAgo;  ///< and when
  double detached_charge = 0;  ///< what is reserved for all of them, by forward decay

  std::vector<std::unique_ptr<const Secret>> later;  ///< that came after Key::secret, in order
  std::atomic<const Secret*> newest{nullptr};        ///< of them

  std::optional<WallTime> restored_success;  ///< of an earlier run
  std::optional<WallTime> restored_rate_limit;
};

/// Whether a key is in use, as its operator wants it.
enum class Duty : std::uint8_t {
  serving,
  draining,
  disabled,
  removed,  ///< unregistered: goes with its last call
};

/// One secret, what has been counted for it, and whether it may be used. Three cache lines: the
/// first is what every call touches, the second what its caller reads.
struct alignas(64) Key {
  std::uint64_t total_requests = 0;
  std::uint64_t successes = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t latency_ms = 0;
  MonotonicTime last_success = kLongAgo;
  double average_tokens = 0;  ///< of the calls that ended; 0 as long as none reported tokens
  std::uint32_t in_flight = 0;
  std::uint32_t group = 0;

  Secret secret;
  std::uint64_t failures = 0;
  std::uint64_t rate_limits = 0;
  KeyId id{};
  Rare<KeyExtras> extras;
  std::uint32_t max_in_flight = 0;  ///< 0: any number
  float weight = 1;
  std::uint8_t tier = 0;
  bool watched = false;  ///< whether a call's start or end may change its readiness
  Duty duty = Duty::serving;
  bool replaced = false;    ///< `secret` is only for calls that have it already
  std::uint8_t stripe = 0;  ///< that has claimed it, counted from 1; 0: none

  std::string name;
  Key* next_in_group = nullptr;
  Key* before = nullptr;  ///< in order of registration
  Key* after = nullptr;
  MonotonicTime last_rate_limit = kLongAgo;

  /// Changes under the locks of both endpoint and stripe; read without either, to learn which one
  /// guards the key.
  [[nodiscard]] std::uint8_t claimed_by() noexcept {
    return std::atomic_ref(stripe).load(std::memory_order_acquire);
  }
  void set_claimed_by(std::uint8_t number) noexcept {
    std::atomic_ref(stripe).store(number, std::memory_order_release);
  }

  /// What calls that are leased now go with. Needs no lock while a call is in flight.
  [[nodiscard]] const Secret& current_secret() noexcept {
    const bool newer = std::atomic_ref(replaced).load(std::memory_order_acquire);
    return newer ? *extras->newest.load(std::memory_order_acquire) : secret;
  }
  void replace_secret(Secret fresh);

  /// Whether its own calls have to be looked at.
  [[nodiscard]] bool wants_watching() const noexcept {
    return extras->refused.resting || extras->refused.half_open || max_in_flight > 0 ||
           (extras->terms != nullptr && extras->terms->has_caps());
  }

  /// When it may be leased again, as far as it goes by the key itself.
  [[nodiscard]] MonotonicTime ready_at() const noexcept {
    if (duty != Duty::serving) return kNever;
    if (max_in_flight > 0 && in_flight >= max_in_flight) return kNever;
    if (extras->refused.half_open && in_flight > 0) return kNever;
    const MonotonicTime capped_until =
        extras->terms != nullptr ? extras->terms->capped_until : kLongAgo;
    return extras->refused.resting ? std::max(extras->refused.until, capped_until) : capped_until;
  }

  void recompute_average() noexcept {
    // Signed, because a processor converts that in one step.
    const auto calls = static_cast<std::int64_t>(successes + failures + rate_limits);
    const auto tokens = static_cast<std::int64_t>(input_tokens + output_tokens);
    average_tokens = static_cast<double>(tokens) / static_cast<double>(calls);
  }
};

/// What only groups have that were named, have several keys, or ran dry.
struct GroupExtras {
  Key* last = nullptr;
  Key* cursor = nullptr;    ///< whose turn it is
  bool configured = false;  ///< by its name, or by what its answers said
  Rest depleted;
  Note depletion;
  Note account;  ///< that its answers named
};

/// Keys that share one provider quota. Its number is the place of its lane on every board.
struct Group {
  Key* first = nullptr;  ///< a list through Key::next_in_group
  Rare<GroupExtras> extras;
  std::uint32_t size = 0;

  /// Whether calls of all its keys have to be looked at.
  [[nodiscard]] bool watched() const noexcept {
    return extras->depleted.resting || extras->depleted.half_open;
  }

  [[nodiscard]] std::uint64_t in_flight() const noexcept {
    std::uint64_t calls = 0;
    for (const Key* key = first; key != nullptr; key = key->next_in_group) calls += key->in_flight;
    return calls;
  }

  [[nodiscard]] Key* only_key() const noexcept { return size == 1 ? first : nullptr; }

  void append(Key& key) {
    if (first == nullptr) {
      first = &key;
    } else {
      (size == 1 ? first : extras->last)->next_in_group = &key;
      extras.edit().last = &key;
    }
    ++size;
  }

  void take_out(Key& key) {
    Key* before = nullptr;
    for (Key* at = first; at != &key; at = at->next_in_group) before = at;
    (before == nullptr ? first : before->next_in_group) = key.next_in_group;
    if (size > 1) {
      GroupExtras& more = extras.edit();
      if (more.last == &key) more.last = before;
      more.cursor = nullptr;
    }
    key.next_in_group = nullptr;
    --size;
  }
};

}  // namespace keypool::pool
