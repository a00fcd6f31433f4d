#include "config/register_keys.h"

#include <utility>

#include "config/key_registry.h"

namespace keypool::config {

std::vector<ResolvedKey> register_keys(const Config& config, const SecretSource& secrets,
                                       KeyPool& pool) {
  auto resolved = resolve_keys(config, secrets);
  auto told = told_of(resolved);
  KeyRegistry(pool).apply(config, std::move(resolved));
  return told;
}

}  // namespace keypool::config
