#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include <keypool/lease.h>

#include "provider/verdict.h"

namespace keypool::gateway {

/// Whose fault a failed try is; it decides what the next one costs.
enum class Fault {
  none,      ///< the answer goes to the client
  key,       ///< another key may do better: costs nothing
  lane,      ///< a key with higher limits may do better, this one never: costs nothing
  endpoint,  ///< another try may do better: costs an attempt and a pause
  request,   ///< no other try would do better: the answer goes to the client
};

[[nodiscard]] Fault fault_of(const provider::Verdict& verdict) noexcept;

/// The tries of one call. It goes from key to key as long as keys are found that it has not been
/// refused with, and tries again after failures that are not the key's, `allowed` tries in all.
class Attempts {
 public:
  explicit Attempts(int allowed) noexcept : allowed_(allowed) {}

  /// Keys used so far: a lease gives another while there is one.
  [[nodiscard]] std::span<const KeyId> used() const noexcept { return used_; }

  /// Whether the leased key is worth a try. A key that this call was refused with comes back when
  /// it has rested and no other is ready; the call's deadline bounds how often, and kMostReturns,
  /// should the rests be short.
  [[nodiscard]] bool worth_trying(KeyId key);

  /// For a while.
  void refused(KeyId key);

  /// The call is too large for the key's limits: it never comes back.
  void too_small(KeyId key);

  /// A try failed for a reason not the key's. How long to wait before the next; nothing when no
  /// other is allowed, or when the provider's own `hint` is longer than a client should be kept
  /// for.
  [[nodiscard]] std::optional<std::chrono::milliseconds> pause_after_failure(
      std::optional<std::chrono::milliseconds> hint);

  /// A try met another call's work. How long to wait before the same account is asked again; nothing
  /// when it has been: what lasts longer is the client's to decide.
  [[nodiscard]] std::optional<std::chrono::milliseconds> pause_after_conflict() noexcept;

  /// Whether no other is allowed, whatever the pause.
  [[nodiscard]] bool exhausted() const noexcept { return failures_ >= allowed_; }

 private:
  static constexpr int kMostReturns = 16;

  int allowed_;
  int failures_ = 0;
  int returns_ = 0;
  bool conflicted_ = false;
  std::vector<KeyId> used_;
  std::vector<KeyId> refused_;
  std::vector<KeyId> too_small_;
};

}  // namespace keypool::gateway
