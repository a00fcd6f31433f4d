#include "cli/setup.h"

#include <fmt/core.h>

#include <keypool/secret_source.h>

#include "cli/figures.h"
#include "cli/model_server.h"
#include "config/load.h"

namespace keypool::cli {

std::optional<Setup> set_up(const std::string& config_option) {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });

  std::optional<std::filesystem::path> flag;
  if (!config_option.empty()) flag = config_option;
  const auto file = config::find_file(flag);
  if (!file) {
    auto found = config::zero_config(system_secret_source(), answers_as_model_server);
    return Setup{std::move(found.config), std::move(found.looked_at)};
  }

  auto config = config::load(*file);
  if (config) return Setup{std::move(*config), {}};
  for (const config::Problem& problem : config.error()) {
    fmt::print(stderr, "{}\n", problem.message());
  }
  fmt::print(stderr, "keypool: {} in the configuration; nothing was started.\n",
             counted(config.error().size(), "mistake"));
  return std::nullopt;
}

}  // namespace keypool::cli
