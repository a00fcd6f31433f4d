#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <keypool/waiting.h>

#include "pool/board.h"

namespace keypool::pool {

/// Calls that wait for a lease of one endpoint. They stand in a line for each model, or for each
/// quota group they are bound to; in a line, clients take turns and a client's calls stand in the
/// order in which they first came. One that came before all others has the next turn.
///
/// Thread-safety: `cancel` and `size` at any time; the rest with `mutex` held, which is taken after
/// the endpoint's own lock.
class Queue : public std::enable_shared_from_this<Queue> {
 public:
  /// Where a call stands: its board's number, and the key whose group it is bound to.
  using LineId = std::pair<std::uint32_t, std::string>;

  /// A call that waits; owns what its request only pointed to.
  struct Call {
    Call(Board& on_board, const WaitRequest& wait, MonotonicTime now, OnLease callback);

    [[nodiscard]] LeaseRequest request() const;
    [[nodiscard]] LineId line() const { return {board->number, same_group_as}; }

    Board* board;
    std::string client;
    std::string same_group_as;
    std::vector<KeyId> avoid;
    std::vector<std::uint64_t> affinity;
    std::uint64_t input_tokens;
    std::uint64_t output_tokens;
    std::size_t bytes;
    MonotonicTime arrived;
    MonotonicTime deadline;
    OnLease on_lease;
  };

  std::mutex mutex;

  /// A place among its client's calls.
  [[nodiscard]] Waiting add(Call call);

  [[nodiscard]] std::vector<LineId> lines() const;
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  /// The call whose turn it is; null when the line is empty.
  [[nodiscard]] Call* front(const LineId& line);

  /// Takes that call out; its client goes to the end.
  [[nodiscard]] Call take_front(const LineId& line);

  /// Takes out a call whose deadline is at or before `now`.
  [[nodiscard]] std::optional<Call> take_late(MonotonicTime now);
  [[nodiscard]] std::optional<Call> take_any();

  [[nodiscard]] MonotonicTime first_deadline() const;

  bool cancel(std::uint64_t place) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  struct ClientLine {
    std::string client;
    std::deque<std::uint64_t> places;  ///< some of them left already
  };
  struct Line {
    std::list<ClientLine> turns;
    std::map<std::string, std::list<ClientLine>::iterator, std::less<>> by_client;
  };

  Call leave(std::uint64_t place);
  [[nodiscard]] bool came_after(std::uint64_t place, MonotonicTime arrived) const;
  void drop_empty_fronts(Line& line);

  std::map<LineId, Line> lines_;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::set<std::pair<MonotonicTime, std::uint64_t>> deadlines_;
  std::uint64_t last_place_ = 0;
  std::size_t bytes_ = 0;
  std::atomic<std::size_t> size_{0};
};

}  // namespace keypool::pool
