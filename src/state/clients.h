#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <keypool/clock.h>

#include "state/client.h"
#include "state/usage.h"

namespace keypool::state {

/// Why a client may not make a call now.
struct ClientRefusal {
  enum class Kind {
    endpoint,  ///< not one of its endpoints
    model,     ///< not one of its models
    rate,      ///< more calls a minute than it may
    budget,    ///< it has spent what it may in the day or the month (UTC)
  };
  Kind kind;
  std::optional<std::chrono::milliseconds> retry_after = {};  ///< rate, budget
};

/// One client, and what it has used so far.
///
/// Thread-safety: any thread at any time; calls of one client take turns, those of different
/// clients do not.
class ClientAccount {
 public:
  explicit ClientAccount(Client client) : client_(std::move(client)) {}

  [[nodiscard]] const Client& client() const noexcept { return client_; }

  /// Whether a call may be made now; counts it when it may. What a call will cost is not known
  /// here, so the last one before the end of a budget may overdraw it.
  [[nodiscard]] std::optional<ClientRefusal> admit(std::string_view endpoint,
                                                   std::string_view model, MonotonicTime now,
                                                   WallTime wall);

  /// Adds what a call cost.
  void charge(std::uint64_t tokens, std::uint64_t micro_usd, WallTime wall) noexcept;

  /// Takes over what another account of the same client has used.
  void continue_from(const ClientAccount& before);

 private:
  struct Spent {
    std::int64_t period = -1;  ///< a day, or a month, since 1970
    std::uint64_t tokens = 0;
    std::uint64_t micro_usd = 0;

    void add(std::int64_t now, std::uint64_t more_tokens, std::uint64_t more_micro_usd) noexcept;
    [[nodiscard]] bool reached(std::int64_t now, std::uint64_t most_tokens,
                               std::uint64_t most_micro_usd) const noexcept;
  };

  [[nodiscard]] std::optional<ClientRefusal> over_budget(WallTime wall) const;
  [[nodiscard]] std::optional<ClientRefusal> too_fast(MonotonicTime now);

  const Client client_;
  mutable std::mutex mutex_;
  double calls_ = 0;  ///< lately made, draining at `rpm` a minute
  MonotonicTime drained_{};
  Spent day_;
  Spent month_;
};

/// Everybody who may call, found by token.
///
/// Thread-safety: constant once made, but for the accounts. To change who may call, make another.
class Clients {
 public:
  explicit Clients(const std::vector<Client>& clients);

  /// Whose token it is; null: nobody's. Takes as long for a wrong token as for a right one: the
  /// token is hashed first, so what could be learned from the search's timing is about the hash of
  /// a guess, which leads nobody to a token; the hash itself is compared in constant time.
  [[nodiscard]] std::shared_ptr<ClientAccount> find(std::string_view token) const;

  [[nodiscard]] std::shared_ptr<ClientAccount> named(std::string_view name) const;

  [[nodiscard]] bool empty() const noexcept { return by_hash_.empty(); }

  /// Takes over what the accounts of the same names have used, after a reload.
  void continue_from(const Clients& before);

  /// Charges what the ledger knows of this day and month, at a start.
  [[nodiscard]] std::expected<void, StoreError> charge_from(Store& store, WallTime wall);

 private:
  [[nodiscard]] std::expected<void, StoreError> charge_from(Store& store,
                                                            const UsageQuestion& question,
                                                            WallTime at);

  std::unordered_map<std::string, std::shared_ptr<ClientAccount>> by_hash_;
  std::map<std::string, std::shared_ptr<ClientAccount>, std::less<>> by_name_;
};

}  // namespace keypool::state
