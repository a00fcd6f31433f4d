// Asks the keychain as keypool does, so that a test can do so inside a session of its own:
//   keychain_probe find NAME [NAME] | store NAME VALUE | remove NAME | names | places NAME
#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include <keypool/secret_source.h>

#include "secrets/keychain.h"

namespace keypool::secrets {
namespace {

int tell(const KeychainFailure& failure) {
  fmt::print("failure {}: {}\n", static_cast<int>(failure.kind), failure.message);
  return 0;
}

int run(std::string_view what, std::string_view name, std::string_view value) {
  const Keychain& keychain = system_keychain();
  if (what == "find") {
    for (const auto one : {name, value}) {
      if (one.empty()) continue;
      const auto found = keychain.find(one);
      if (found) {
        fmt::print("found {}\n", found->reveal());
      } else {
        tell(found.error());
      }
    }
  } else if (what == "store") {
    const auto stored = keychain.store(name, Secret(value));
    if (!stored) return tell(stored.error());
    fmt::print("stored\n");
  } else if (what == "remove") {
    const auto removed = keychain.remove(name);
    if (!removed) return tell(removed.error());
    fmt::print("removed\n");
  } else if (what == "names") {
    const auto names = keychain.names();
    if (!names) return tell(names.error());
    for (const auto& one : *names) fmt::print("name {}\n", one);
  } else {
    for (const auto& place : system_secret_source().places(name)) fmt::print("{}\n", place);
  }
  return 0;
}

}  // namespace
}  // namespace keypool::secrets

int main(int argc, char** argv) {
  const auto argument = [&](int at) { return at < argc ? std::string_view(argv[at]) : ""; };
  return keypool::secrets::run(argument(1), argument(2), argument(3));
}
