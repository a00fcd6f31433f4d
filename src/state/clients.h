#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
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
    rate,    ///< more calls a minute than it may
    budget,  ///< it has spent what it may in the day or the month (UTC)
  };
  Kind kind;
  std::string_view bound;  ///< by the name of its field: `budget_usd_per_day`
  std::chrono::milliseconds retry_after;
};

/// One client, and what it has used so far.
///
/// Thread-safety: any thread at any time, but for `continue_from`; calls of one client take turns,
/// those of different clients do not.
class ClientAccount {
 public:
  explicit ClientAccount(Client client) : client_(std::move(client)) {}

  [[nodiscard]] const Client& client() const noexcept { return client_; }

  [[nodiscard]] bool may_use_endpoint(std::string_view name) const noexcept;
  [[nodiscard]] bool may_use_model(std::string_view name) const noexcept;

  /// Whether a call may be made now; counts it when it may. What a call will cost is not known
  /// here, so those that run when a budget ends may overdraw it.
  [[nodiscard]] std::optional<ClientRefusal> admit(MonotonicTime now, WallTime wall);

  /// Adds what a call cost.
  void charge(std::uint64_t tokens, std::uint64_t micro_usd, WallTime wall) noexcept;

  /// Has one count of what is used with another account of the same client: a call that began under
  /// the one and ends under the other is charged to both. Before others see this account.
  void continue_from(const ClientAccount& before);
  [[nodiscard]] bool continues() const noexcept { return continues_; }

 private:
  struct Spent {
    std::int64_t period = -1;  ///< a day, or a month, since 1970
    std::uint64_t tokens = 0;
    std::uint64_t micro_usd = 0;

    void add(std::int64_t now, std::uint64_t more_tokens, std::uint64_t more_micro_usd) noexcept;
    [[nodiscard]] bool reached_tokens(std::int64_t now, std::uint64_t most) const noexcept;
    [[nodiscard]] bool reached_usd(std::int64_t now, std::uint64_t most) const noexcept;
  };

  struct Use {
    std::mutex mutex;
    double calls = 0;  ///< lately made, draining at `rpm` a minute
    MonotonicTime drained{};
    Spent day;
    Spent month;
  };

  [[nodiscard]] std::optional<ClientRefusal> over_budget(WallTime wall) const;
  [[nodiscard]] std::optional<ClientRefusal> too_fast(MonotonicTime now);

  const Client client_;
  std::shared_ptr<Use> use_ = std::make_shared<Use>();
  bool continues_ = false;
};

/// Everybody who may call, found by token.
///
/// Thread-safety: constant once made, but for the accounts. To change who may call, make another.
class Clients {
 public:
  /// Of clients of one name, or one token, the first counts.
  explicit Clients(const std::vector<Client>& clients);

  /// Whose token it is; null: nobody's. Takes as long for a wrong token as for a right one: the
  /// token is hashed first, so what could be learned from the search's timing is about the hash of
  /// a guess, which leads nobody to a token; the hash itself is compared in constant time.
  [[nodiscard]] std::shared_ptr<ClientAccount> find(std::string_view token) const;

  [[nodiscard]] std::shared_ptr<ClientAccount> named(std::string_view name) const;

  /// Whether nobody is known, not even one whose token was revoked.
  [[nodiscard]] bool empty() const noexcept { return by_name_.empty(); }

  /// The accounts go on counting with those of the same names, after a reload. Before others see
  /// them.
  void continue_from(const Clients& before);

  /// Charges what the ledger knows of this day and month to the accounts that continue none: all of
  /// them, at a start.
  [[nodiscard]] std::expected<void, StoreError> charge_from(Store& store, WallTime wall);

 private:
  /// A digest is as good as random: any part of it is.
  struct FirstBytes {
    std::size_t operator()(const TokenDigest& digest) const noexcept;
  };

  [[nodiscard]] std::expected<void, StoreError> charge_from(Store& store,
                                                            const UsageQuestion& question,
                                                            WallTime at);

  std::unordered_map<TokenDigest, std::shared_ptr<ClientAccount>, FirstBytes> by_digest_;
  std::map<std::string, std::shared_ptr<ClientAccount>, std::less<>> by_name_;
};

}  // namespace keypool::state
