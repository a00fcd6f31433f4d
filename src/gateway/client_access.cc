#include "gateway/client_access.h"

#include <openssl/crypto.h>

#include "provider/client_credentials.h"

namespace keypool::gateway {

bool ClientAccess::identify(const http::RequestHead& request) {
  if (clients_ == nullptr || !clients_->asked_for()) {
    account_ = nullptr;
    return true;
  }
  // Read before the search: what is replaced meanwhile is searched again by the next call.
  const auto version = clients_->version();
  const provider::ClientCredentials sent(request.headers(), request.target());
  const bool still_holds = account_ != nullptr && version_ == version;
  if (still_holds) {
    for (const auto token : sent.all()) {
      if (is_last(token)) return true;
    }
  }
  account_ = nullptr;
  token_ = {};
  const auto clients = clients_->now();
  for (const auto token : sent.all()) {
    account_ = clients->find(token);
    if (account_ == nullptr) continue;
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
