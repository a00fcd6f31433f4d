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
  endpoint,  ///< another try may do better: costs an attempt and a pause
  request,   ///< no other try would do better: the answer goes to the client
};

[[nodiscard]] Fault fault_of(provider::VerdictKind verdict) noexcept;

/// The tries of one call. It goes from key to key as long as keys are found that it has not been
/// refused with, and tries again after failures that are not the key's, `allowed` tries in all.
class Attempts {
 public:
  explicit Attempts(int allowed) noexcept : allowed_(allowed) {}

  /// Keys used so far: a lease gives another while there is one.
  [[nodiscard]] std::span<const KeyId> used() const noexcept { return used_; }

  /// Whether the leased key is worth a try. A key that this call was refused with comes back only
  /// when no other is ready, and is then paid for like a failure of the endpoint's.
  [[nodiscard]] bool worth_trying(KeyId key);

  void refused(KeyId key);

  /// A try failed for a reason not the key's. How long to wait before the next; nothing when no
  /// other is allowed, or when the provider's own `hint` is longer than a client should be kept
  /// for.
  [[nodiscard]] std::optional<std::chrono::milliseconds> pause_after_failure(
      std::optional<std::chrono::milliseconds> hint);

 private:
  int allowed_;
  int failures_ = 0;
  std::vector<KeyId> used_;
  std::vector<KeyId> refused_;
};

}  // namespace keypool::gateway
