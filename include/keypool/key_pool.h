#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_stats.h>
#include <keypool/lease.h>
#include <keypool/limits.h>
#include <keypool/secret.h>
#include <keypool/secret_source.h>
#include <keypool/standing.h>
#include <keypool/waiting.h>

namespace keypool {

/// How a pool behaves. Defaults are the members' own.
struct Options {
  /// Where time comes from; must outlive the pool and its leases. Null: the machine's clocks.
  const Clock* clock = nullptr;

  /// Where names become secrets; must outlive the pool. Null: names resolve to nothing.
  const SecretSource* secrets = &system_secret_source();

  /// How long a rate-limited lane rests when the answer gave no hint and none of its limits is
  /// known; where one is, at most so long. Longer: fewer refused calls, more idle quota.
  std::chrono::milliseconds cooldown{60'000};

  /// What "recent" means in recent load: tokens charged this long ago weigh 1/e. Longer: smoother,
  /// slower to forget. Must be above zero.
  std::chrono::milliseconds load_window{60'000};

  /// What a call in flight on a key that has reported nothing yet is taken to cost.
  std::uint64_t unknown_call_tokens = 1000;

  /// Seed of the pool's own randomness (jitter). The same seed and the same calls give the same
  /// run.
  std::uint64_t seed = 1;

  /// Told the new `KeyPool::next_due()` when it moves to an earlier time, so that a timer can be
  /// set; null: nobody. Called outside of locks, from any thread; must not throw.
  std::function<void(MonotonicTime due)> on_due = nullptr;

  /// Told about what an operator should know ("all keys of openai are cooling, …"); null: nobody.
  /// Called outside of locks, from the thread whose call noticed it; must not throw.
  void (*warn)(std::string_view text) = nullptr;
};

/// Limits that an operator knows for the lanes of some models.
struct ModelLimits {
  std::string model;  ///< a model's name, `prefix*`, or `*` for every model
  Limits limits;

  friend bool operator==(const ModelLimits&, const ModelLimits&) = default;
};

/// What one key may spend before it rests until the period ends (UTC). 0: no cap.
struct SpendingCaps {
  std::uint64_t micro_usd_per_day = 0;
  std::uint64_t micro_usd_per_month = 0;
  std::uint64_t tokens_per_day = 0;

  friend bool operator==(const SpendingCaps&, const SpendingCaps&) = default;
};

/// How one key is to be used.
struct KeyOptions {
  std::string group = {};           ///< quota group; empty: its own, or the one its answers name
  int tier = 0;                     ///< serves only while no key of a lower tier has room; 0 to 254
  double weight = 1;                ///< its share of the load, against the others'; above 0
  std::uint32_t max_in_flight = 0;  ///< calls at a time; 0: any number
  std::vector<ModelLimits> limits = {};  ///< the first that fits a model counts
  SpendingCaps caps = {};

  friend bool operator==(const KeyOptions&, const KeyOptions&) = default;
};

/// Which of the keys that have room a call gets.
enum class Policy {
  headroom,      ///< the most room relative to its limits; least_loaded while no limit is known
  least_loaded,  ///< the fewest tokens lately, in proportion to its weight
  lifetime,      ///< the fewest tokens ever
  round_robin,   ///< each in turn
  sequential,    ///< the first in order of registration, until it is full
};

/// How one endpoint is to be used.
struct EndpointOptions {
  Policy policy = Policy::headroom;
  std::optional<std::chrono::milliseconds> cooldown = {};  ///< nothing: as Options::cooldown

  std::size_t max_waiting = 10'000;                   ///< calls in the queue
  std::size_t max_waiting_bytes = 256 * 1024 * 1024;  ///< WaitRequest::bytes of them all
};

/// One key to add with the secret in hand.
struct NewKey {
  std::string name;  ///< safe to show; unique within its endpoint
  Secret secret;
  std::string group = {};   ///< quota group; empty: a group of its own
  KeyOptions options = {};  ///< `group` above wins where it is not empty
};

/// What a registration did.
struct Registration {
  std::size_t added = 0;             ///< keys that were not there before
  std::vector<std::string> missing;  ///< names that resolved to nothing
};

/// Many keys for each of many endpoints, and for each call the one with the most room.
///
///     keypool::KeyPool pool;
///     pool.register_endpoint("https://api.openai.com", {"OPENAI_API_KEY"});
///     auto lease = pool.lease("https://api.openai.com", {.model = "gpt-4.1"});
///     if (!lease) return complain(lease.error().message());
///     auto answer = call(lease->secret().reveal());
///     lease->succeed({.latency = answer.took, .input_tokens = 100, .output_tokens = 50});
///
/// An endpoint is any name the caller likes: a base URL, or `openai`.
///
/// Which key a lease gets (Policy::headroom): of the keys that are ready and have room for the
/// call, the one with the most room relative to its limits, as far as limits are known from
/// headers, configuration or earlier rate limits; otherwise the one with the least recent load,
/// where calls in flight count with the key's own average and a key that has reported nothing
/// counts `unknown_call_tokens` a call; while no key has been used yet, each in turn. Keys whose
/// lane is cooling are passed over.
///
/// Thread-safety: every member may be called from any thread at any time. Calls for different
/// endpoints do not wait for each other.
class KeyPool {
 public:
  explicit KeyPool(Options options = {});
  KeyPool(const KeyPool&) = delete;
  KeyPool& operator=(const KeyPool&) = delete;
  ~KeyPool();

  /// Resolves `names` and adds their keys to `endpoint`, creating it if need be. A value that is a
  /// list, separated by commas or lines, makes the keys `NAME[0]`, `NAME[1]`, …; items are trimmed
  /// and empty ones leave a gap in the numbers. A key whose name the endpoint has already is left
  /// as it is, with its stats.
  Registration register_endpoint(std::string_view endpoint, const std::vector<std::string>& names,
                                 const KeyOptions& options = {});

  /// Sets how the endpoint is used, creating it if need be.
  void configure_endpoint(std::string_view endpoint, const EndpointOptions& options);

  /// Sets how a key is used from now on; false when there is no such key. A group that is not empty
  /// moves the key there; an empty one takes it out of a group that it was put into by name.
  bool configure_key(std::string_view endpoint, std::string_view key_name,
                     const KeyOptions& options);

  /// Adds one key whose secret the caller already holds. False, and nothing changed, when the
  /// endpoint has a key of this name or the secret is empty.
  bool add_key(std::string_view endpoint, NewKey key);

  /// Puts another secret in the place of a key's. Its counts and limits stay; that the one before
  /// was refused is forgotten. Calls in flight end with the secret that they began with. False, and
  /// nothing changed, when there is no such key, or the secret is empty or the same as before.
  bool replace_secret(std::string_view endpoint, std::string_view key_name, Secret secret);

  /// Takes a key out of rotation for good; calls in flight end as they may. Its counts stay with
  /// its name: `all_stats` lists them, and a key that is registered under it later goes on with
  /// them. False when there is no such key.
  bool remove_key(std::string_view endpoint, std::string_view key_name);

  /// The right to make one call, or why there is none.
  [[nodiscard]] std::expected<Lease, LeaseError> lease(std::string_view endpoint,
                                                       const LeaseRequest& request = kAnyCall);

  /// As `lease`; when the endpoint has no key, `fallback_name` is resolved and registered first.
  [[nodiscard]] std::expected<Lease, LeaseError> lease_or_env(
      std::string_view endpoint, std::string_view fallback_name,
      const LeaseRequest& request = kAnyCall);

  /// As `lease`, but a call that no key has room for waits in arrival order, clients taking turns,
  /// until one has, the deadline passes, or the result is let go of.
  [[nodiscard]] Waiting lease_when_ready(std::string_view endpoint, const WaitRequest& request,
                                         OnLease on_lease);

  /// Serves calls whose time has come: keys whose rest ended, limits that have room again,
  /// deadlines. Call it at `next_due()`; a call too early does nothing, a late one makes calls
  /// wait.
  void run_due();

  /// When `run_due` has something to do; MonotonicTime::max() when nobody waits. Options::on_due is
  /// told when it moves to an earlier time.
  [[nodiscard]] MonotonicTime next_due() const noexcept;

  /// Puts another listener in the place of Options::on_due; null: nobody. The one before may still
  /// be told once, by a thread that has begun to.
  void set_on_due(std::function<void(MonotonicTime due)> on_due);

  /// For callers that cannot hold a lease to its end: they keep the key's name, give the lease up
  /// with `Lease::detach()`, and report by name. The same holds for the next two. Unknown names
  /// have no effect and return false; a report without a call in flight counts the tokens but never
  /// makes the number in flight negative.
  bool report_success(std::string_view endpoint, std::string_view key_name, const Success& success);
  bool report_rate_limit(std::string_view endpoint, std::string_view key_name,
                         std::optional<std::chrono::milliseconds> after = std::nullopt,
                         std::optional<Dimension> limit = std::nullopt);
  bool report_failure(std::string_view endpoint, std::string_view key_name);

  /// Operator's commands; false when there is no such key. A key that is disabled or drained gets
  /// no new call until `enable_key`, which also vouches for its secret, or `reset_key`, which ends
  /// every rest of the key, its group and their lanes as well. Calls in flight end as they may; who
  /// drains waits for `KeyStats::in_flight` to become 0.
  bool disable_key(std::string_view endpoint, std::string_view key_name);
  bool drain_key(std::string_view endpoint, std::string_view key_name);
  bool enable_key(std::string_view endpoint, std::string_view key_name);
  bool reset_key(std::string_view endpoint, std::string_view key_name);

  /// The operator's command to try a key that is invalid, depleted or cooling: its rests end, and
  /// the next call that may use it goes to it, whatever the order and the room left; how that call
  /// ends decides. Nothing changes for a key that is disabled, drained or leaked, and a spending
  /// cap still holds. False when there is no such key.
  bool probe_key(std::string_view endpoint, std::string_view key_name);

  [[nodiscard]] std::vector<std::string> endpoints() const;  ///< in order of registration
  [[nodiscard]] std::size_t total_keys() const;
  /// Keys of the endpoint that a lease without a model could get now.
  [[nodiscard]] std::size_t available_keys(std::string_view endpoint) const;

  /// Empty when the endpoint is unknown. Keys in order of registration.
  [[nodiscard]] std::vector<KeyStats> stats(std::string_view endpoint) const;
  [[nodiscard]] std::vector<EndpointStats> all_stats() const;

  /// Every lane of the endpoint that has been used, rests or has a limit known.
  [[nodiscard]] std::vector<LaneStats> lanes(std::string_view endpoint) const;

  /// Calls that wait for a key of the endpoint now.
  [[nodiscard]] std::size_t waiting(std::string_view endpoint) const;

  /// Puts counts from an earlier run in place: those of a registered key are replaced, others are
  /// kept and given to the key when it is registered; `all_stats` lists both. Calls in flight stay.
  /// Returns the number of keys taken.
  std::size_t restore_stats(const std::vector<EndpointStats>& saved);

  /// What is to be saved so that a later run need not find it out again, keys without anything to
  /// tell left out. Also lists what was restored for keys that are not registered and has not
  /// ended.
  [[nodiscard]] std::vector<EndpointStanding> standing() const;

  /// Puts the standing of an earlier run in place: that of a registered key is added to what the
  /// pool knows, that of others is kept and given to the key when it is registered. Nothing that
  /// the pool knows is taken back: the later end of two rests counts, a limit known from a source
  /// as good stays, no key is enabled. Restoring the same twice is restoring it once.
  ///
  /// A rest that still runs by the wall clock goes on, for its own length at most, whatever was
  /// done to that clock meanwhile; one that has ended by then is ignored, and so are times more
  /// than a year away, limits of 0, and rests of groups and lanes without an end. Learned limits
  /// never close a lane for good: calls test them as before.
  /// Returns the number of keys taken.
  std::size_t restore_standing(const std::vector<EndpointStanding>& saved);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace keypool
