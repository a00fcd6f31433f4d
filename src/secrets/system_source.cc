#include <memory>
#include <utility>
#include <vector>

#include <keypool/secret_source.h>

#include "secrets/environment_place.h"
#include "secrets/file_places.h"
#include "secrets/keychain.h"
#include "secrets/keychain_place.h"
#include "secrets/ordered_places.h"

namespace keypool {

const SecretSource& system_secret_source() noexcept {
  static const secrets::OrderedPlaces source = [] {
    std::vector<std::unique_ptr<const secrets::Place>> places;
    places.push_back(std::make_unique<secrets::EnvironmentPlace>());
    places.push_back(std::make_unique<secrets::NamedFilePlace>());
    places.push_back(std::make_unique<secrets::CredentialsPlace>());
    places.push_back(std::make_unique<secrets::KeychainPlace>(secrets::system_keychain()));
    return secrets::OrderedPlaces(std::move(places));
  }();
  return source;
}

}  // namespace keypool
