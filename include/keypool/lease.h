#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keypool/clock.h>
#include <keypool/limits.h>
#include <keypool/secret.h>

namespace keypool {

/// A key's number within the whole pool; never used again after the key is gone.
enum class KeyId : std::uint64_t {};

/// What to do when every key of the endpoint is passed over.
enum class WhenNoneReady {
  use_soonest,  ///< lease the one that would be ready first, and warn: the library's default; keys
                ///< that an operator disabled are never leased
  refuse,       ///< LeaseErrorKind::all_cooling, with the earliest time a key opens
};

/// What a call is about to ask for. Every view only needs to live for the call it is passed to.
struct LeaseRequest {
  std::string_view model = {};                ///< empty: the lane of the empty model
  std::uint64_t estimated_input_tokens = 0;   ///< 0: unknown
  std::uint64_t estimated_output_tokens = 0;  ///< 0: unknown
  WhenNoneReady when_none_ready = WhenNoneReady::use_soonest;

  /// Leased only when no other key is ready: those already tried.
  std::span<const KeyId> avoid = {};

  /// Hashes of what makes calls belong together (prompt prefixes, a session), the longest first.
  /// The first that was seen before names the key to go to, while that has room. Empty: no
  /// affinity.
  std::span<const std::uint64_t> affinity = {};

  /// Only keys of the quota group that this key is in: for calls that name something the provider
  /// keeps for its account. Empty, or a key that is not registered: any group.
  std::string_view same_group_as = {};
};

/// A call of which nothing is known.
inline constexpr LeaseRequest kAnyCall{};

enum class LeaseErrorKind {
  unknown_endpoint,  ///< nobody registered it
  no_keys,           ///< registered, but no name resolved to a secret
  all_cooling,       ///< keys exist, none may be used now; with WhenNoneReady::use_soonest only
                     ///< when none will be ready again by itself
  circuit_open,      ///< the endpoint itself fails for this model; one call probes it now and then
};

/// Why there is no lease.
struct LeaseError {
  LeaseErrorKind kind;
  std::string endpoint;
  std::vector<std::string> tried;  ///< no_keys: the names that did not resolve
  std::optional<std::chrono::milliseconds> retry_after;  ///< all_cooling, circuit_open: until the
                                                         ///< first key opens; nothing when none
                                                         ///< will by itself

  /// One sentence for an operator: what happened, where, and what to do.
  [[nodiscard]] std::string message() const;
};

/// How a successful call went.
struct Success {
  std::chrono::milliseconds latency{0};
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cost_micro_usd = 0;  ///< what the caller reckons it cost; for spending caps
};

/// Who is taken to be at fault when a provider refuses a key.
enum class Blame {
  key,
  endpoint,  ///< so many keys were refused at once that the keys stay: end the call with the answer
};

namespace pool {
class Endpoint;
struct Board;
struct Key;

/// The pool's side of a lease: which key it holds, on which board of lanes, and what was reserved
/// for it.
struct Ticket {
  Endpoint* endpoint = nullptr;
  Board* board = nullptr;
  Key* key = nullptr;
  double charge = 0;                ///< of the lane's load
  std::uint32_t input_tokens = 0;   ///< reserved
  std::uint32_t output_tokens = 0;  ///< reserved
  std::uint32_t asked_input = 0;    ///< as the caller estimated
  std::uint32_t asked_output = 0;   ///< as the caller estimated
  bool estimated = false;           ///< by the caller
  bool limited = false;             ///< whether they were taken from the lane's limits
  MonotonicTime leased_at{};
};
}  // namespace pool

/// The right to use one key for one call. Move-only. Ends exactly once: by the first of the calls
/// below, or as *abandoned* when it goes out of scope; what comes after has no effect.
///
/// Lifetime: may outlive the pool; `secret()` stays valid as long as the lease, also when its key
/// is unregistered meanwhile. Thread-safety: one thread at a time; it may end on another thread
/// than it began on.
class [[nodiscard]] Lease {
 public:
  Lease() noexcept {}  // user-provided: a defaulted one would be zeroed before it is filled
  Lease(Lease&& other) noexcept : ticket_(other.ticket_) { other.end(); }
  Lease& operator=(Lease&& other) noexcept;  ///< abandons what this lease held before
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    if (active()) abandon();
  }

  /// Whether it still waits for its end.
  [[nodiscard]] bool active() const noexcept { return ticket_.endpoint != nullptr; }

  /// The key this lease holds; nothing once it has ended.
  [[nodiscard]] const Secret& secret() const noexcept;
  [[nodiscard]] std::string_view key_name() const noexcept;
  [[nodiscard]] KeyId key_id() const noexcept;

  /// The call succeeded.
  void succeed(const Success& success) noexcept;

  /// The provider answered that a limit is reached: its lane rests for `after`. When the answer
  /// gave no hint, it rests for the endpoint's cooldown as long as no limit of the lane is known,
  /// else for a few seconds, growing, and opens for what the limit lets in. `limit`: which one was
  /// reached, where the answer says so.
  void rate_limited(std::optional<std::chrono::milliseconds> after = std::nullopt,
                    std::optional<Dimension> limit = std::nullopt) noexcept;

  /// As `rate_limited`, and the provider asks to be called more slowly: after a rest, of 30 seconds
  /// without a hint, the lane goes on at half its pace for 15 minutes.
  void told_to_slow_down(std::optional<std::chrono::milliseconds> after = std::nullopt) noexcept;

  /// As `rate_limited`, because too many calls are under way: the lane rests for a second without a
  /// hint, and takes fewer at a time from then on. What it can take is found again by trying one
  /// more a minute.
  void too_many_at_once(std::optional<std::chrono::milliseconds> after = std::nullopt) noexcept;

  /// The call failed for another reason; no key is passed over because of it.
  void fail(std::string_view why) noexcept;

  /// The provider refuses the secret itself: the key is passed over until it is reset or a slow
  /// probe succeeds. When five or more keys, over half of those tried, are refused within a minute
  /// and no call succeeded between, the endpoint is the suspect: the keys stay, and one call at a
  /// time probes.
  Blame key_refused(std::string_view why) noexcept;

  /// As `key_refused`, for good: no probe ever brings the key back, only `reset_key` does (a secret
  /// that the provider reports as leaked).
  void key_leaked(std::string_view why) noexcept;

  /// No credit, or a spending limit: all keys of the quota group are passed over, for `after` where
  /// the provider named a date, else until a slow probe succeeds.
  void group_depleted(std::string_view why,
                      std::optional<std::chrono::milliseconds> after = std::nullopt) noexcept;

  /// The key may not use the model: its lane rests for 10 minutes, doubling to 24 hours.
  void model_refused(std::string_view why) noexcept;

  /// What the answer's headers say about the lane's limits. Before the end, as soon as they are
  /// read; any number of times.
  void observe(std::span<const LimitNotice> notices) noexcept;

  /// The answer named the account the key belongs to: keys of one account share a quota group from
  /// now on. A group that was configured stays as it is.
  void belongs_to(std::string_view account) noexcept;

  /// The endpoint was unreachable or overloaded: counted as a failure, but the key is not blamed.
  /// After several in a row the endpoint × model rests (`circuit_open`). `used`: what it cost
  /// nevertheless, as an answer that broke off does; its latency does not count.
  void endpoint_failed(std::string_view why, const Success& used = {}) noexcept;

  /// The request itself was at fault, or the caller went away before it was sent: the key is as it
  /// was before the lease, and nothing is charged to it.
  void release() noexcept;

  /// Leaves the call in flight and gives the lease up: its end will be reported to the pool by the
  /// key's name (KeyPool::report_success and its neighbours).
  void detach() noexcept;

 private:
  friend class pool::Endpoint;

  void abandon() noexcept;

  explicit Lease(const pool::Ticket& ticket) noexcept : ticket_(ticket) {}

  /// Who is to be told of the end; null when that has been done.
  pool::Endpoint* end() noexcept { return std::exchange(ticket_.endpoint, nullptr); }

  pool::Ticket ticket_;
};

}  // namespace keypool
