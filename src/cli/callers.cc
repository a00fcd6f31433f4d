#include "cli/callers.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "state/client_store.h"

namespace keypool::cli {

using state::Client;
using state::Clients;

std::expected<void, state::StoreError> Callers::configure(std::vector<Client> configured) {
  const std::lock_guard lock(mutex_);
  configured_ = std::move(configured);
  in_place_ = false;
  return put_into_force();
}

void Callers::look_again() {
  const std::lock_guard lock(mutex_);
  const auto now = store_.changes_by_others();
  if (now == 0 || (in_place_ && now == seen_)) return;
  // What fails is tried again next time; the ledger tells of a disk in trouble.
  static_cast<void>(put_into_force());
}

std::expected<void, state::StoreError> Callers::put_into_force() {
  // Read first: a change that comes between is seen next time.
  seen_ = store_.changes_by_others();
  auto kept = state::load_clients(store_);
  if (kept && in_place_ && *kept == kept_) return {};
  if (kept) kept_ = *kept;

  auto all = configured_;
  for (const Client& client : kept_) {
    if (std::ranges::find(configured_, client.name, &Client::name) == configured_.end()) {
      all.push_back(client);
    } else if (!client.revoked()) {
      warn_(
          fmt::format("there are two clients {}: the one of the configuration counts, the token "
                      "of the other is good for nothing. Take it back: keypool token revoke {}",
                      client.name, client.name));
    }
  }
  auto clients = std::make_shared<Clients>(all);
  clients->continue_from(*in_force_.now());
  auto charged = clients->charge_from(store_, system_clock().wall());
  in_force_.replace(std::move(clients));
  in_place_ = kept && charged;
  if (!kept) return std::unexpected(kept.error());
  return charged;
}

}  // namespace keypool::cli
