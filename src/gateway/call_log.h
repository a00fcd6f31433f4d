#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "gateway/counters.h"
#include "state/call_record.h"

namespace keypool::gateway {

/// A call at its end, as views that need to live for the call of `CallRing::add`.
struct EndedCall {
  WallTime at;
  std::string_view client = {};
  std::string_view endpoint = {};
  std::string_view model = {};
  std::string_view method = {};
  std::string_view path = {};
  std::string_view trace_id = {};
  int status = 0;
  Outcome outcome = Outcome::answered;
  std::chrono::milliseconds waited{0};
  std::optional<std::chrono::milliseconds> first_byte = {};
  std::chrono::milliseconds duration{0};
  const state::Figures& used;
  std::span<const state::TryRecord> tries = {};
};

/// The calls that ended last on one reactor. A new one takes the place, and the memory, of the
/// oldest; texts are cut at a few hundred bytes.
///
/// Cost of `add`: one lock that nobody else wants unless somebody looks at the calls, and then for
/// some microseconds at a time; copies of a few names; memory is only asked for where a name is
/// longer than any before it in its place.
class CallRing {
 public:
  CallRing(std::atomic<std::uint64_t>& last_id, std::size_t kept)
      : last_id_(last_id), kept_(kept) {}
  CallRing(const CallRing&) = delete;
  CallRing& operator=(const CallRing&) = delete;

  void add(const EndedCall& call);

  /// Appends those that are asked for, the newest first. From any thread.
  void read(const state::CallQuestion& question, std::vector<state::CallRecord>& into) const;

 private:
  std::atomic<std::uint64_t>& last_id_;
  const std::size_t kept_;
  mutable std::mutex mutex_;
  std::vector<state::CallRecord> calls_;  // the one that was added n-th is at n % kept_
  std::uint64_t added_ = 0;
};

/// The calls that ended last, on all reactors.
///
/// Thread-safety: any thread at any time; each reactor has a ring of its own.
class CallLog {
 public:
  /// So many are kept of each reactor, and told of all of them together.
  explicit CallLog(std::size_t kept) noexcept : kept_(kept) {}

  /// Lives as long as the log.
  [[nodiscard]] CallRing& new_ring();

  [[nodiscard]] std::vector<state::CallRecord> read(const state::CallQuestion& question) const;

 private:
  const std::size_t kept_;
  std::atomic<std::uint64_t> last_id_{0};
  mutable std::mutex mutex_;
  std::deque<CallRing> rings_;
};

}  // namespace keypool::gateway
