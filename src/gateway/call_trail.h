#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "gateway/counters.h"
#include "gateway/times.h"
#include "state/call_record.h"
#include "state/figures.h"

namespace keypool::gateway {

/// What happens to one call, as the log and the metrics tell it. Used again for the next call of a
/// connection, so that its memory is.
///
/// Thread-safety: the reactor's thread only.
class CallTrail {
 public:
  void begin(MonotonicTime now);

  /// The endpoint whose times are counted from now on; they outlive the trail.
  void go_to(EndpointTimes<Times>& times) noexcept { times_ = &times; }

  void key_is_asked_for(MonotonicTime now) noexcept { asked_ = now; }
  /// Ends the wait, and begins a try. `key` is a name.
  void key_is_had(std::string_view key, MonotonicTime now);
  void try_ends(TryEnd end, int status, std::string_view why, MonotonicTime now);
  /// Asks for the time only when none has passed before.
  void first_byte_passes(const Clock& clock) noexcept;
  void add_used(const state::Figures& used) noexcept { used_ += used; }

  /// Ends what has not ended yet.
  void ends(Outcome outcome, int status, MonotonicTime now);

  [[nodiscard]] std::chrono::milliseconds waited() const noexcept;
  [[nodiscard]] std::optional<std::chrono::milliseconds> first_byte() const noexcept;
  [[nodiscard]] const state::Figures& used() const noexcept { return used_; }

  /// The first and the last ones, where there were very many.
  [[nodiscard]] std::span<const state::TryRecord> tries() const noexcept {
    return {tries_.data(), count_};
  }
  /// How the last try ended; nothing before the first end.
  [[nodiscard]] std::optional<TryEnd> last_end() const noexcept { return last_end_; }

 private:
  static constexpr std::size_t kMostTries = 32;

  [[nodiscard]] std::chrono::milliseconds since_begin(MonotonicTime time) const noexcept;
  void wait_ends(MonotonicTime now) noexcept;

  EndpointTimes<Times>* times_ = nullptr;
  MonotonicTime began_{};
  std::optional<MonotonicTime> asked_;
  std::chrono::nanoseconds waited_{0};
  std::optional<MonotonicTime> first_byte_;
  state::Figures used_;
  std::vector<state::TryRecord> tries_;  // the first `count_` are this call's
  std::size_t count_ = 0;
  MonotonicTime had_key_{};
  bool trying_ = false;
  std::optional<TryEnd> last_end_;
};

}  // namespace keypool::gateway
