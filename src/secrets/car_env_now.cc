#include "secrets/car_env_now.h"

#include <utility>

#include "secrets/env_file.h"
#include "secrets/environment.h"
#include "secrets/value.h"

namespace keypool::secrets {

CarEnvNow::CarEnvNow(const SecretSource& otherwise,
                     const std::function<void(std::string_view text)>& on_problem)
    : otherwise_(otherwise) {
  const auto file = car_env_file();
  if (!file) return;
  for (auto& [name, value] : read_env_file(*file, on_problem)) {
    if (variable(name) && !set_by_env_file().contains(name)) continue;
    values_.insert_or_assign(name, std::move(value));
  }
}

std::optional<SecretSource::Found> CarEnvNow::resolve(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) {
    auto value = make_secret(WipedText(found->second.view()));
    if (value) return Found{std::move(*value), "environment"};
  }
  return otherwise_.resolve(name);
}

std::vector<std::string> CarEnvNow::places(std::string_view name) const {
  return otherwise_.places(name);
}

}  // namespace keypool::secrets
