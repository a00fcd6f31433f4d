#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "state/client.h"
#include "state/store.h"

namespace keypool::state {

/// False when there is a client of this name with a token that fits; one whose token was revoked
/// gives its place up.
[[nodiscard]] std::expected<bool, StoreError> add_client(Store& store, const Client& client);

/// Takes the token back. The client stays on the list, so that a gateway whose last token is
/// revoked does not take that for leave to serve everybody. False when there is no client of this
/// name with a token that fits.
[[nodiscard]] std::expected<bool, StoreError> revoke_client(Store& store, std::string_view name);

/// Takes the client off the list, its token revoked or not. False when it is not on it.
[[nodiscard]] std::expected<bool, StoreError> remove_client(Store& store, std::string_view name);

/// By name; those whose token was revoked among them.
[[nodiscard]] std::expected<std::vector<Client>, StoreError> load_clients(Store& store);

}  // namespace keypool::state
