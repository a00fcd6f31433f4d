#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <keypool/clock.h>

#include "state/store.h"
#include "state/tally.h"

namespace keypool::state {

/// Hours since 1970, UTC: what counts are kept by.
enum class Hour : std::int64_t {};

[[nodiscard]] Hour hour_of(WallTime time) noexcept;

/// How the ledger is kept.
struct LedgerOptions {
  /// Tells the hour. Null: the machine's.
  const Clock* clock = nullptr;

  /// How often the writer writes. A kill may cost what came since the last write began, and that is
  /// to be no more than a second, also where a write takes long. Zero: only when `flush` is called.
  std::chrono::milliseconds every{500};

  /// How long hours are told apart; older ones are summed up by day.
  std::chrono::hours hours_kept{24 * 35};

  /// How long days are kept; older ones are deleted.
  std::chrono::hours days_kept{24 * 400};

  /// Who writes, among those that write to one file at the same time.
  std::string_view writer = "gateway";

  /// Told once when counts cannot be written, and once when they can be again; null: nobody.
  std::function<void(std::string_view text)> warn = nullptr;

  /// Done by the writer after each of its writes, and at the end: what else is to be saved now and
  /// then.
  std::function<void()> and_then = nullptr;
};

/// The durable record of usage. The data path counts into tallies, in memory; one thread behind it
/// writes, so that a slow, full or read-only disk never holds up a call: counts then wait in memory
/// and are written when that works again.
///
///     Ledger ledger(store, {});
///     Tally& tally = ledger.new_tally();    // once a thread
///     tally.add({.endpoint = "openai", .key = "OPENAI_API_KEY[2]", .model = "gpt-4.1",
///                .client = "ci", .figures = …});
///
/// What was counted before a `flush` returned true is in the file, once: each batch has a number
/// that is written with it, so that a batch whose end nobody saw is never written twice. The
/// destructor flushes.
///
/// An hour's last second may be counted to the next.
///
/// Thread-safety: any thread at any time. Lifetime: tallies end with it; the store outlives it.
class Ledger {
 public:
  Ledger(Store& store, LedgerOptions options);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  [[nodiscard]] Tally& new_tally();

  /// Writes what has been counted; false when it could not.
  bool flush();

  /// Sums up and deletes what has become old; `flush` does so once a day by itself.
  [[nodiscard]] std::expected<void, StoreError> compact();

 private:
  using Row = std::pair<Hour, Series>;
  using Rows = std::map<Row, Figures>;

  void write_now_and_then(std::chrono::milliseconds every);
  void collect();
  [[nodiscard]] std::expected<void, StoreError> write();
  [[nodiscard]] std::expected<std::int64_t, StoreError> last_batch();
  [[nodiscard]] std::expected<void, StoreError> settle_doubt();
  void bound_waiting();
  void tell(const std::expected<void, StoreError>& written);

  Store& store_;
  const LedgerOptions options_;
  const Clock& clock_;

  std::mutex tallies_mutex_;
  std::deque<Tally> tallies_;

  std::mutex writing_mutex_;  // guards what follows
  Rows waiting_;
  Rows batch_;  // being written
  std::int64_t batch_number_ = 0;
  bool in_doubt_ = false;  // whether the batch is in the file is not known
  bool failing_ = false;   // and told
  std::chrono::sys_days compacted_{};

  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  std::thread writer_;  // last: uses all of the above
};

}  // namespace keypool::state
