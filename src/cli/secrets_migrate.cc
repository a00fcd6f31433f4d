#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <keypool/secret_source.h>

#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/secrets_commands.h"
#include "provider/known.h"
#include "secrets/environment.h"
#include "secrets/keychain.h"
#include "secrets/value.h"

namespace keypool::cli {
namespace {

using secrets::KeychainFailure;

/// What became of one variable.
struct Moved {
  std::string name;
  std::string result;  ///< `copied`, `already there`, or why not
  bool good = true;
};

Moved copy(const std::string& name, bool overwrite) {
  const auto& keychain = secrets::system_keychain();
  const auto raw = secrets::non_empty_variable(name);
  if (!raw) return {name, "not set in the environment", false};
  const auto value = secrets::make_secret(secrets::WipedText(*raw));
  if (!value) return {name, value.error(), false};
  const auto there = keychain.find(name);
  if (there && there->reveal() == value->reveal()) return {name, "already there"};
  if (there && !overwrite) {
    return {name, "the keychain holds another value; --overwrite replaces it", false};
  }
  if (!there && there.error().kind != KeychainFailure::Kind::missing) {
    return {name, there.error().message, false};
  }
  if (const auto stored = keychain.store(name, *value); !stored) {
    return {name, stored.error().message, false};
  }
  return {name, "copied"};
}

std::vector<std::string> provider_variables() {
  std::vector<std::string> names;
  for (const auto& provider : provider::known_providers()) {
    if (secrets::non_empty_variable(provider.variable)) names.emplace_back(provider.variable);
  }
  return names;
}

}  // namespace

int secrets_migrate(const SecretsOptions& options) {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });
  const auto names = options.names.empty() ? provider_variables() : options.names;
  std::vector<Moved> all;
  bool good = true;
  for (const auto& name : names) {
    all.push_back(copy(name, options.overwrite));
    good = good && all.back().good;
  }
  if (options.json) {
    auto rows = nlohmann::json::array();
    for (const auto& one : all) {
      rows.push_back({{"name", one.name}, {"result", one.result}, {"good", one.good}});
    }
    fmt::print("{}\n", nlohmann::json{{"secrets", std::move(rows)}}.dump());
    return good ? kGood : kFailed;
  }
  for (const auto& one : all) fmt::print("{}: {}\n", one.name, one.result);
  if (all.empty()) {
    fmt::print("No provider's variable is set, neither here nor in ~/.car/env.\n");
  } else if (good) {
    fmt::print(
        "\nThe environment is still asked first: take the lines out of ~/.car/env and your "
        "shell's start-up files.\n");
  }
  return good ? kGood : kFailed;
}

}  // namespace keypool::cli
