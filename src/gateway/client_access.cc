#include "gateway/client_access.h"

#include <utility>

#include <openssl/crypto.h>

#include "provider/client_credentials.h"

namespace keypool::gateway {

bool ClientAccess::identify(const http::RequestHead& request) {
  account_ = nullptr;
  if (clients_ == nullptr || !clients_->asked_for()) return true;
  // Read before the search: what is replaced meanwhile is searched again by the next call.
  const auto version = clients_->version();
  const provider::ClientCredentials sent(request.headers(), request.target());
  if (last_ != nullptr && version_ == version) {
    for (const auto token : sent.all()) {
      if (!is_last(token)) continue;
      account_ = last_.get();
      return true;
    }
  }
  const auto clients = clients_->now();
  for (const auto token : sent.all()) {
    auto found = clients->find(token);
    if (found == nullptr) continue;
    last_ = std::move(found);
    account_ = last_.get();
    token_ = Secret(token);
    version_ = version;
    return true;
  }
  return false;
}

bool ClientAccess::is_last(std::string_view token) const noexcept {
  const auto last = token_.reveal();
  return token.size() == last.size() && CRYPTO_memcmp(token.data(), last.data(), last.size()) == 0;
}

}  // namespace keypool::gateway
