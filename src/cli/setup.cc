#include "cli/setup.h"

#include <fmt/core.h>

#include <keypool/secret_source.h>

#include "cli/figures.h"
#include "cli/model_server.h"
#include "config/load.h"

namespace keypool::cli {

std::expected<Setup, std::vector<config::Problem>> read_setup(
    const std::optional<std::filesystem::path>& file, const SecretSource& secrets) {
  if (!file) {
    auto found = config::zero_config(secrets, answers_as_model_server);
    return Setup{std::move(found.config), std::move(found.looked_at)};
  }
  auto config = config::load(*file);
  if (!config) return std::unexpected(std::move(config.error()));
  return Setup{std::move(*config), {}};
}

std::optional<Setup> set_up(const std::string& config_option) {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });

  std::optional<std::filesystem::path> flag;
  if (!config_option.empty()) flag = config_option;
  auto setup = read_setup(config::find_file(flag), system_secret_source());
  if (setup) return std::move(*setup);
  for (const config::Problem& problem : setup.error()) {
    fmt::print(stderr, "{}\n", problem.message());
  }
  fmt::print(stderr, "keypool: {} in the configuration; nothing was started.\n",
             counted(setup.error().size(), "mistake"));
  return std::nullopt;
}

}  // namespace keypool::cli
