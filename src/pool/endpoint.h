#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <keypool/key_pool.h>

#include "pool/board.h"
#include "pool/decay.h"
#include "pool/key.h"
#include "pool/spin_lock.h"

namespace keypool::pool {

/// How a call ended, as far as the pool counts it.
enum class Ending {
  success,
  rate_limit,
  failure,
  abandoned,
  released,  ///< as if it had never been leased
};

/// One endpoint: its keys, groups and boards, under a lock of its own.
///
/// Lifetime: `close` gives it up; it deletes itself with its last lease.
/// Thread-safety: every member may be called from any thread at any time.
class Endpoint {
 public:
  Endpoint(std::string name, const Options& options, const Clock& clock);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  // endpoint.cc: which key a call gets
  [[nodiscard]] std::expected<Lease, LeaseError> lease(const LeaseRequest& request);

  // settlement.cc: how it ended
  void succeed(const Ticket& ticket, const Success& success) noexcept;
  void rate_limited(const Ticket& ticket, std::optional<std::chrono::milliseconds> after) noexcept;
  void fail(const Ticket& ticket, std::string_view why) noexcept;
  Blame key_refused(const Ticket& ticket, std::string_view why) noexcept;
  void group_depleted(const Ticket& ticket, std::string_view why,
                      std::optional<std::chrono::milliseconds> after) noexcept;
  void model_refused(const Ticket& ticket, std::string_view why) noexcept;
  void endpoint_failed(const Ticket& ticket, std::string_view why) noexcept;
  void abandon(const Ticket& ticket) noexcept;
  void release(const Ticket& ticket) noexcept;
  void detach(const Ticket& ticket) noexcept;

  bool report_success(std::string_view key_name, const Success& success);
  bool report_rate_limit(std::string_view key_name, std::optional<std::chrono::milliseconds> after);
  bool report_failure(std::string_view key_name);

  // endpoint_keys.cc: which keys there are
  bool add_key(KeyId id, std::string_view key_name, Secret secret, std::string_view group,
               const KeyStats* saved);
  [[nodiscard]] bool has_key(std::string_view key_name) const;
  void note_missing(std::string_view variable);
  void note_found(std::string_view variable);
  bool remove_key(std::string_view key_name);
  bool disable_key(std::string_view key_name);
  bool enable_key(std::string_view key_name);
  bool reset_key(std::string_view key_name);
  void close() noexcept;

  // endpoint_stats.cc: what there is to see
  [[nodiscard]] std::size_t total_keys() const;
  [[nodiscard]] std::size_t available_keys() const;
  [[nodiscard]] std::vector<KeyStats> stats() const;
  bool restore(const KeyStats& saved);

 private:
  using Lock = std::unique_lock<SpinLock>;

  struct Choice {
    std::size_t lane = RankTree::kNone;
    Key* key = nullptr;
  };

  /// A call in flight, or one that is reported without ever having been leased.
  struct Call {
    Board& board;
    Key& key;
    double reserved;  ///< charged at its lease, by forward decay
    MonotonicTime leased_at;
    bool on_lane;  ///< whether it is among the lane's calls in flight
    bool on_key;   ///< whether it is among the key's
  };

  struct Usage {
    std::uint64_t input_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::uint64_t latency_ms = 0;
  };

  // endpoint.cc: choosing
  Board& board_for(std::string_view model);
  Board& new_board(std::string_view model);
  [[nodiscard]] Choice choose(Board& board, const LeaseRequest& request);
  [[nodiscard]] Choice choose_carefully(Board& board, std::span<const KeyId> avoid);
  [[nodiscard]] Choice choose_out_of_turn(Board& board);
  [[nodiscard]] Key* next_key(std::size_t group, std::span<const KeyId> avoid);
  [[nodiscard]] Lease issue(Board& board, const Choice& choice, MonotonicTime now,
                            const LeaseRequest& request);
  [[nodiscard]] LeaseError why_none(const Board& board) const;
  [[nodiscard]] std::string out_of_turn_warning(const Choice& choice, MonotonicTime ready) const;

  // settlement.cc: ending
  [[nodiscard]] Call call_of(const Ticket& ticket) const noexcept;
  [[nodiscard]] Call reported_call(Key& key) noexcept;
  void settle(const Call& call, Ending ending, const Usage& usage, MonotonicTime now) noexcept;
  void leave(Lock& lock, Key& key) noexcept;
  void proven_good(const Call& call) noexcept;

  // readiness.cc: what rests, and what opens when
  void rest_lane(Board& board, std::size_t lane, LaneFault fault, MonotonicTime now,
                 std::optional<std::chrono::milliseconds> after);
  void rest_key(Key& key, std::string_view why, MonotonicTime now);
  void rest_group(std::size_t group, std::string_view why, MonotonicTime now,
                  std::optional<std::chrono::milliseconds> after);
  [[nodiscard]] std::chrono::nanoseconds rest_time(std::chrono::milliseconds first,
                                                   std::chrono::milliseconds longest,
                                                   unsigned growth, const Rest& rest);
  [[nodiscard]] MonotonicTime ready_at(const Board& board, std::size_t lane) const;
  [[nodiscard]] static RankTree::Rank rank(const Lane& lane) noexcept {
    return RankTree::rank_of(lane.charged);
  }
  void refresh(Board& board, std::size_t lane);
  void refresh_group(std::size_t group);
  void open_due(Board& board, MonotonicTime now);
  void rebase(MonotonicTime now);
  void watch(Group& group) noexcept;

  // endpoint_keys.cc
  [[nodiscard]] Key* find(std::string_view key_name) const;
  void join_group(Key& key, std::string_view group);
  void leave_group(Key& key);
  void erase_if_drained(Key& key);

  // endpoint_stats.cc
  /// One moment on both clocks.
  struct Moment {
    MonotonicTime now;
    WallTime wall;

    [[nodiscard]] WallTime wall_of(MonotonicTime time) const noexcept {
      return wall + std::chrono::floor<std::chrono::milliseconds>(time - now);
    }
  };
  [[nodiscard]] KeyStats stats_of(const Key& key, const Moment& moment) const;
  void describe_state(const Key& key, const Moment& moment, KeyStats& stats) const;
  static void restore(Key& key, const KeyStats& saved);

  template <typename Visit>
  void for_each_board(Visit visit) {
    visit(plain_);
    for (auto& [model, board] : by_model_) visit(*board);
  }
  template <typename Visit>
  void for_each_board(Visit visit) const {
    visit(plain_);
    for (const auto& [model, board] : by_model_) visit(static_cast<const Board&>(*board));
  }

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  // Constant after construction.
  const std::string name_;
  const Clock& clock_;
  const std::chrono::milliseconds cooldown_;
  const std::uint64_t unknown_call_tokens_;
  void (*const warn_)(std::string_view text);

  // Guarded by lock_.
  alignas(64) mutable SpinLock lock_;
  bool closed_ = false;
  std::uint64_t leases_at_close_ = 0;  ///< still out, once closed
  Decay decay_;
  Board plain_;  ///< of calls that name no model
  Board* last_board_ = &plain_;
  std::unordered_map<std::string, std::unique_ptr<Board>, TextHash, std::equal_to<>> by_model_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_groups_;
  std::map<std::string, std::uint32_t, std::less<>> named_groups_;
  std::list<Key> keys_;                                 ///< in order of registration
  std::unordered_map<std::string_view, Key*> by_name_;  ///< without draining ones
  std::vector<std::string> missing_;                    ///< variables that resolved to nothing
  std::minstd_rand random_;
};

}  // namespace keypool::pool
