#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/key_pool.h>

#include "pool/board.h"
#include "pool/decay.h"
#include "pool/key.h"
#include "pool/key_store.h"
#include "pool/moment.h"
#include "pool/name_index.h"
#include "pool/queue.h"
#include "pool/schedule.h"
#include "pool/spin_lock.h"
#include "pool/stripe.h"

namespace keypool::pool {

/// How a call ended, as far as the pool counts it.
enum class Ending {
  success,
  rate_limit,
  failure,
  abandoned,
  released,  ///< as if it had never been leased
};

/// What of a key's saved standing has not ended; nothing when nothing is left.
[[nodiscard]] std::optional<KeyStanding> what_still_holds(KeyStanding saved, const Moment& moment);

/// One endpoint: its keys, groups and boards, under a lock of its own.
///
/// Lifetime: `close` gives it up; it deletes itself with its last lease.
/// Thread-safety: every member may be called from any thread at any time.
class Endpoint {
 public:
  Endpoint(std::string name, std::uint32_t number, const Options& options, const Clock& clock,
           std::shared_ptr<Schedule> schedule);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

  /// Asks for what a lease will touch. Of many endpoints in turn, each is likely out of the cache;
  /// the lock makes what comes after it wait, and each address that has to be read first makes the
  /// next line wait. So everything that a small endpoint may need is asked for at once, before.
  /// Always inlined: a function that only asks is taken to do nothing, and left out.
  [[gnu::always_inline]] inline void fetch_ahead() const noexcept;

  // everyday.cc: what nearly every call does
  [[nodiscard]] std::expected<Lease, LeaseError> lease(const LeaseRequest& request);
  void succeed(const Ticket& ticket, const Success& success) noexcept;

  // serving.cc: calls that wait
  [[nodiscard]] Waiting lease_when_ready(const WaitRequest& request, OnLease on_lease);
  void serve() noexcept;

  // verdicts.cc: how a call ended
  void rate_limited(const Ticket& ticket, std::optional<std::chrono::milliseconds> after,
                    std::optional<Dimension> limit) noexcept;
  void told_to_slow_down(const Ticket& ticket,
                         std::optional<std::chrono::milliseconds> after) noexcept;
  void too_many_at_once(const Ticket& ticket,
                        std::optional<std::chrono::milliseconds> after) noexcept;
  void fail(const Ticket& ticket, std::string_view why) noexcept;
  Blame key_refused(const Ticket& ticket, std::string_view why) noexcept;
  void key_leaked(const Ticket& ticket, std::string_view why) noexcept;
  void group_depleted(const Ticket& ticket, std::string_view why,
                      std::optional<std::chrono::milliseconds> after) noexcept;
  void model_refused(const Ticket& ticket, std::string_view why) noexcept;
  void endpoint_failed(const Ticket& ticket, std::string_view why, const Success& used) noexcept;
  void abandon(const Ticket& ticket) noexcept;
  void release(const Ticket& ticket) noexcept;
  void detach(const Ticket& ticket) noexcept;
  void observe(const Ticket& ticket, std::span<const LimitNotice> notices) noexcept;
  void belongs_to(const Ticket& ticket, std::string_view account) noexcept;

  bool report_success(std::string_view key_name, const Success& success);
  bool report_rate_limit(std::string_view key_name, std::optional<std::chrono::milliseconds> after,
                         std::optional<Dimension> limit);
  bool report_failure(std::string_view key_name);

  // keys.cc: which keys there are
  bool add_key(KeyId id, std::string_view key_name, Secret secret, const KeyOptions& options,
               const KeyStats* saved);
  [[nodiscard]] bool has_key(std::string_view key_name);
  void note_missing(std::string_view variable);
  void note_found(std::string_view variable);
  bool remove_key(std::string_view key_name);
  bool disable_key(std::string_view key_name);
  bool drain_key(std::string_view key_name);
  bool probe_key(std::string_view key_name);
  bool enable_key(std::string_view key_name);
  bool reset_key(std::string_view key_name);
  void configure(const EndpointOptions& options);
  bool configure_key(std::string_view key_name, const KeyOptions& options);
  void close() noexcept;

  // rotation.cc
  bool replace_secret(std::string_view key_name, Secret secret);

  // stats.cc: what there is to see
  [[nodiscard]] std::size_t total_keys();
  [[nodiscard]] std::size_t available_keys();
  [[nodiscard]] std::size_t waiting();
  [[nodiscard]] std::vector<KeyStats> stats();
  [[nodiscard]] std::vector<LaneStats> lanes();
  [[nodiscard]] std::vector<KeyStats> gone();  ///< keys that left
  bool restore(const KeyStats& saved);

  // standing.cc: what outlasts a run
  [[nodiscard]] std::vector<KeyStanding> standing();
  bool restore(const KeyStanding& saved);

 private:
  using Lock = std::unique_lock<SpinLock>;

  /// With one in ten calls kept waiting, cores get in each other's way.
  static constexpr std::uint32_t kMissed = 8;
  static constexpr std::uint32_t kContended = 1000;

  struct Choice {
    std::size_t lane = RankTree::kNone;
    Key* key = nullptr;
    MonotonicTime opens_at = kNever;  ///< without a key: when a lane that is full has room again
    std::size_t too_small = RankTree::kNone;  ///< a lane that can never take the call
    bool probe = false;                       ///< sent though a learned limit has no room for it
  };

  /// A call in flight, or one that is reported without ever having been leased.
  struct Call {
    Board& board;
    Key& key;
    double reserved;  ///< charged at its lease, by forward decay
    double weight;    ///< that a charge had then
    Cost cost;        ///< reserved of the lane's limits
    MonotonicTime leased_at;
    bool on_lane;             ///< whether it is among the lane's calls in flight
    bool on_key;              ///< whether it is among the key's
    bool limited;             ///< whether `cost` was really reserved
    const Ticket* estimated;  ///< null: the caller gave no estimate
  };

  struct Usage {
    std::uint64_t input_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::uint64_t latency_ms = 0;
    std::uint64_t cost_micro_usd = 0;
  };

  // Everything that is not an everyday call begins with one of these: the endpoint is whole then.
  [[nodiscard]] Lock enter() {
    Lock lock(lock_);
    if (striped_.load(std::memory_order_relaxed)) [[unlikely]]
      end_stripes();
    return lock;
  }
  [[nodiscard]] Lock enter(MonotonicTime now) {
    Lock lock = enter();
    if (now >= decay_.rebase_at()) [[unlikely]]
      rebase(now);
    return lock;
  }

  // everyday.cc
  [[nodiscard, gnu::always_inline]] static inline bool is_plain(
      const LeaseRequest& request) noexcept {
    return request.avoid.empty() && request.affinity.empty() && request.same_group_as.empty();
  }
  [[nodiscard, gnu::always_inline]] static inline bool is_for(
      const Board& board, const LeaseRequest& request) noexcept {
    return request.model.size() == board.model.size() &&
           (request.model.empty() || request.model == board.model);
  }
  [[nodiscard, gnu::always_inline]] inline bool take_first(const LeaseRequest& request,
                                                           Ticket& ticket) noexcept;
  [[nodiscard, gnu::always_inline]] inline bool give_plainly(const Ticket& ticket,
                                                             const Success& success) noexcept;
  void lease_with_care(const LeaseRequest& request, std::expected<Lease, LeaseError>& lease);
  void expect(Lane& lane) noexcept;
  [[gnu::always_inline]] inline void take(Lane& lane, Decay& decay, const Board& board,
                                          MonotonicTime now, const LeaseRequest& request,
                                          Ticket& ticket) noexcept;
  [[gnu::always_inline]] inline void give(const Ticket& ticket, Lane& lane, Decay& decay,
                                          const Success& success, MonotonicTime now) noexcept;
  [[nodiscard]] static inline bool is_modest(const Success& success) noexcept;
  [[nodiscard]] bool is_ordinary(const Board& board, MonotonicTime now) const noexcept {
    return ordinary_ && board.circuit.calm() && now < decay_.rebase_at();
  }

  // stripes.cc: calls from several cores at once
  void note_contention(bool contended) noexcept {
    if (contended) [[unlikely]] {
      contention_ += kMissed;
    } else if (contention_ > 0) {
      --contention_;
    }
  }
  /// Threads count from 0 in the order in which they first ask.
  [[nodiscard]] static unsigned thread_number() noexcept;
  void begin_stripes() noexcept;
  void end_stripes() noexcept;
  [[nodiscard]] bool take_from_stripe(const LeaseRequest& request, MonotonicTime now,
                                      Ticket& ticket) noexcept;
  [[nodiscard]] bool give_to_stripe(const Ticket& ticket, const Success& success) noexcept;
  [[nodiscard]] bool claim(Stripe& stripe, std::size_t number, const LeaseRequest& request,
                           MonotonicTime now) noexcept;
  void put_back(Stripe& stripe) noexcept;

  // choosing.cc
  [[nodiscard]] std::expected<Lease, LeaseError> lease_with_care(const LeaseRequest& request);
  Board& board_for(std::string_view model);
  Board& new_board(std::string_view model);
  void bring_up_to_date(Board& board, MonotonicTime& now);
  [[nodiscard]] bool lets_through(const Board& board, MonotonicTime now) const noexcept;
  [[nodiscard]] Key* owner(const LeaseRequest& request) const;
  [[nodiscard]] Choice choose(Board& board, const LeaseRequest& request, MonotonicTime now);
  [[nodiscard]] Key* wanted_key(const Board& board, const LeaseRequest& request,
                                MonotonicTime now) const;
  [[nodiscard]] Choice choose_in_order(Board& board, const LeaseRequest& request,
                                       std::span<const KeyId> avoid, MonotonicTime now);
  [[nodiscard]] bool fits(Board& board, const LeaseRequest& request, std::span<const KeyId> avoid,
                          MonotonicTime now, Choice& choice);
  [[nodiscard]] Choice choose_probe(Board& board, const LeaseRequest& request, MonotonicTime now,
                                    Choice choice);
  [[nodiscard]] bool may_probe(Board& board, const LeaseRequest& request, MonotonicTime now,
                               Choice& choice);
  [[nodiscard]] bool could_ever_fit(const Board& board, const LeaseRequest& request) const;
  [[nodiscard]] bool worth_staying(const Board& board, std::size_t lane) const;
  [[nodiscard]] Choice choose_out_of_turn(Board& board, const LeaseRequest& request);
  [[nodiscard]] Key* next_key(std::size_t group, std::span<const KeyId> avoid);
  [[nodiscard]] Cost estimate(const Board& board, const Key& key,
                              const LeaseRequest& request) const;
  [[nodiscard]] Lease issue(Board& board, const Choice& choice, MonotonicTime now,
                            const LeaseRequest& request);
  [[nodiscard]] LeaseError why_none(const Board& board, MonotonicTime opens_at) const;
  [[nodiscard]] std::string out_of_turn_warning(const Choice& choice, MonotonicTime ready) const;

  // serving.cc
  [[nodiscard]] MonotonicTime serve_line(Lock& lock, const Queue::LineId& line);
  void serve_late(Lock& lock);
  [[nodiscard]] bool hopeless(const Board& board, MonotonicTime opens_at,
                              MonotonicTime deadline) const;

  // verdicts.cc
  void succeed_with_care(const Ticket& ticket, const Success& success) noexcept;

  // settlement.cc: ending
  [[nodiscard]] Call call_of(const Ticket& ticket) const noexcept;
  [[nodiscard]] Call reported_call(Key& key) noexcept;
  void settle(const Call& call, Ending ending, const Usage& usage, MonotonicTime now) noexcept;
  void count(const Call& call, Ending ending, const Usage& usage, MonotonicTime now) noexcept;
  void spend(Key& key, const Usage& usage, MonotonicTime now);
  void tell_circuits(const Call& call, Ending ending) noexcept;
  void proven_good(const Call& call) noexcept;
  void leave(Lock& lock, Key& key) noexcept;
  void done(Lock& lock) noexcept;
  void let_go(Lock& lock) noexcept;

  // readiness.cc: what rests, and what opens when
  void rest_lane(Board& board, std::size_t lane, LaneFault fault, MonotonicTime now,
                 std::optional<std::chrono::milliseconds> after);
  void rest_key(Key& key, std::string_view why, MonotonicTime now);
  void rest_group(std::size_t group, std::string_view why, MonotonicTime now,
                  std::optional<std::chrono::milliseconds> after);
  [[nodiscard]] bool endpoint_is_suspect(Key& refused, MonotonicTime now);
  void acquit_refused_keys(MonotonicTime now);
  [[nodiscard]] std::chrono::nanoseconds rest_time(std::chrono::milliseconds first,
                                                   std::chrono::milliseconds longest,
                                                   unsigned growth, const Rest& rest);
  [[nodiscard]] std::chrono::nanoseconds jittered(std::chrono::nanoseconds time);
  void end_rests(Board& board, std::size_t lane, MonotonicTime now);
  [[nodiscard]] MonotonicTime free_at(const Board& board, std::size_t lane) const;
  [[nodiscard]] MonotonicTime ready_at(const Board& board, std::size_t lane) const;
  [[nodiscard]] RankTree::Rank rank(const Board& board, std::size_t lane,
                                    MonotonicTime now) const noexcept;
  void refresh(Board& board, std::size_t lane, MonotonicTime now);
  void refresh_group(std::size_t group, MonotonicTime now);
  void open_due(Board& board, MonotonicTime now);
  void rebase(MonotonicTime now);
  void update_ordinary() noexcept;
  void watch(Group& group) noexcept;
  [[nodiscard]] LaneLimits& limits_of(Board& board, std::size_t lane, MonotonicTime now);
  void become_limited(Board& board, MonotonicTime now);
  void throttle(const Call& call, std::optional<std::chrono::milliseconds> after,
                std::optional<Dimension> which, MonotonicTime now);

  // keys.cc
  [[nodiscard]] Key* find(std::string_view key_name) const;
  void apply(Key& key, const KeyOptions& options);
  void join_group(Key& key, std::string_view group);
  void leave_group(Key& key);
  void move_to_group(Key& key, std::uint32_t group);
  [[nodiscard]] std::uint32_t new_group();
  void set_up_lane(Board& board, std::size_t lane, MonotonicTime now);
  void set_up_group(std::size_t group);
  void erase_if_drained(Key& key);
  [[nodiscard]] bool is_named(std::uint32_t group) const;
  bool take_out(std::string_view key_name, Duty duty);
  void join_account(Key& key, std::string_view account);

  // stats.cc
  [[nodiscard]] KeyStats stats_of(const Key& key, const Moment& moment) const;
  void describe_state(const Key& key, const Moment& moment, KeyStats& stats) const;
  static void restore(Key& key, const KeyStats& saved);

  // standing.cc
  [[nodiscard]] KeyStanding standing_of(const Key& key, const Moment& moment) const;
  void add_group(const Group& group, std::size_t number, const Moment& moment,
                 KeyStanding& standing) const;
  void restore_lane(std::size_t group, const LaneStanding& saved, const Moment& moment);

  template <typename Visit>
  void for_each_board(Visit visit) {
    visit(plain_);
    for (const auto& board : boards_) visit(*board);
  }
  template <typename Visit>
  void for_each_board(Visit visit) const {
    visit(plain_);
    for (const auto& board : boards_) visit(static_cast<const Board&>(*board));
  }

  /// What a charge weighs now, and what one made then weighed: the same under Policy::lifetime.
  [[nodiscard]] double weight(MonotonicTime now) noexcept {
    return policy_ == Policy::lifetime ? 1.0 : decay_.weight(now);
  }
  [[nodiscard]] double past_weight(MonotonicTime then) const noexcept {
    return policy_ == Policy::lifetime ? 1.0 : decay_.past_weight(then);
  }

  // Constant after construction.
  const std::string name_;
  const std::uint32_t number_;
  const double unknown_call_tokens_;
  const std::chrono::milliseconds default_cooldown_;
  void (*const warn_)(std::string_view text);
  const std::shared_ptr<Schedule> schedule_;

  // Synchronizes itself.
  std::atomic<std::size_t> stripe_count_{0};
  std::vector<std::unique_ptr<Stripe>> stripes_;  ///< made once, before `striped_` is first set

  // Read by every call, written by nearly none.
  alignas(64) std::atomic<bool> striped_{false};  ///< synchronizes itself
  const Clock& clock_;

  // Guarded by lock_; a claimed lane and its key by their stripe's. What nearly every call touches
  // comes first, in one piece: the decay's own line with the lock, the board's, the few keys.
  alignas(64) SpinLock lock_;
  bool ordinary_ = true;   ///< ordered by load, nothing suspected or wanted, not closed
  bool may_wait_ = false;  ///< calls have asked for a place in the queue
  bool closed_ = false;
  std::uint32_t contention_ =
      0;  ///< how often the lock was not free, fading with calls that found it so
  Decay decay_;
  Board* last_board_ = &plain_;
  Board plain_;  ///< of calls that name no model
  KeyStore keys_;

  bool serving_ = false;      ///< a thread hands out leases to waiting calls
  bool serve_again_ = false;  ///< and has to look once more
  Policy policy_ = Policy::headroom;
  std::uint64_t held_at_close_ = 0;  ///< leases still out, once closed
  std::chrono::milliseconds cooldown_;
  std::size_t max_waiting_;
  std::size_t max_waiting_bytes_;
  std::shared_ptr<Queue> queue_;  ///< made with the first call that may wait; synchronizes itself
  Circuit circuit_;               ///< of the whole endpoint, when keys are refused in numbers
  std::vector<Key*> refusals_;    ///< keys refused lately, with no success since
  MonotonicTime first_refusal_{};
  std::vector<Key*> wanted_;                    ///< keys that an operator wants to be tried
  std::vector<std::unique_ptr<Board>> boards_;  ///< in order of first use
  std::map<std::string, Board*, std::less<>> by_model_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_groups_;
  std::map<std::string, std::uint32_t, std::less<>> named_groups_;
  std::map<std::string, std::uint32_t, std::less<>> accounts_;
  NameIndex by_name_;                                  ///< without draining ones
  std::map<std::string, KeyStats, std::less<>> gone_;  ///< counts of keys that left, by name
  std::vector<std::string> missing_;                   ///< variables that resolved to nothing
  std::minstd_rand random_;
};

inline void Endpoint::fetch_ahead() const noexcept {
  constexpr std::size_t kLine = 64;
  const char* const first = reinterpret_cast<const char*>(&striped_);
  const char* const last = reinterpret_cast<const char*>(&plain_.resting);
#pragma GCC unroll 16
  for (const char* line = first; line < last; line += kLine) __builtin_prefetch(line);
#pragma GCC unroll 4
  for (const Key& key : keys_.few()) __builtin_prefetch(&key);
}

}  // namespace keypool::pool
