// Configuration files: read, or refused with places that are in the file.
#include <algorithm>
#include <string>

#include "config/load.h"
#include "fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using keypool::fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = keypool::config::parse(text, "keypool.yaml");
  if (config) {
    require(!config->endpoints.empty(), "a configuration has endpoints");
    for (const auto& endpoint : config->endpoints) {
      require(!endpoint.name.empty() && !endpoint.base_url.host.empty(), "each is whole");
    }
    return 0;
  }
  require(!config.error().empty(), "a refusal has its reasons");
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const auto& problem : config.error()) {
    require(problem.place.line <= lines + 1, "a problem is in the file");
    require(!problem.message().empty(), "a problem has words");
  }
  return 0;
}
