#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <keypool/secret.h>

#include "http/head.h"
#include "state/clients_in_force.h"

namespace keypool::gateway {

/// Who calls on one connection, as its credentials tell. A connection is nearly always one
/// client's: the token that was found last is remembered, so that its next call costs a comparison,
/// no hash and no memory.
///
/// Thread-safety: the reactor's thread only.
class ClientAccess {
 public:
  /// Null: nobody is asked. They must outlive it.
  explicit ClientAccess(const state::ClientsInForce* clients) noexcept : clients_(clients) {}

  /// Another request: nobody knows yet whose.
  void begin() noexcept { account_ = nullptr; }

  /// Finds out who makes the call. False: a token is asked for, and none of those sent is
  /// anybody's.
  [[nodiscard]] bool identify(const http::RequestHead& request);

  /// Who makes the call; null: nobody was asked.
  [[nodiscard]] state::ClientAccount* account() const noexcept { return account_; }

  /// Its name; empty: nobody's in particular.
  [[nodiscard]] std::string_view name() const noexcept {
    return account_ != nullptr ? std::string_view(account_->client().name) : std::string_view();
  }

 private:
  [[nodiscard]] bool is_last(std::string_view token) const noexcept;

  const state::ClientsInForce* const clients_;
  state::ClientAccount* account_ = nullptr;  // null, or `last_`
  std::shared_ptr<state::ClientAccount> last_;
  Secret token_;               // of `last_`
  std::uint64_t version_ = 0;  // of what it was found in
};

}  // namespace keypool::gateway
