#include "cli/reloader.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "secrets/car_env_now.h"

namespace keypool::cli {
namespace {

void log(const Reloaded& reloaded) {
  for (const std::string& problem : reloaded.problems) {
    spdlog::error("not reloaded, the configuration before stays in force: {}", problem);
  }
  if (!reloaded.good()) return;
  auto text = reloaded_text(reloaded_json(reloaded));
  while (text.ends_with('\n')) text.pop_back();
  spdlog::info("{}", text);
}

/// Without a file a name that cannot be looked up now, or a server that rests, is no reason to take
/// an endpoint away.
void keep_what_was_found(const config::Config& before, config::Config& after) {
  for (const config::Endpoint& endpoint : before.endpoints) {
    const auto same = std::ranges::find(after.endpoints, endpoint.name, &config::Endpoint::name);
    if (same == after.endpoints.end()) after.endpoints.push_back(endpoint);
  }
}

}  // namespace

Reloader::Reloader(config::Config in_force, Parts parts)
    : in_force_(std::move(in_force)),
      parts_(std::move(parts)),
      work_(io_.get_executor()),
      thread_([this] { io_.run(); }) {}

Reloader::~Reloader() { stop(); }

void Reloader::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Reloader::request(std::function<void(const Reloaded&)> then) {
  boost::asio::post(io_, [this, then = std::move(then)] {
    const Reloaded reloaded = reload();
    log(reloaded);
    if (then) then(reloaded);
  });
}

std::expected<void, std::string> Reloader::watch(const std::filesystem::path& file) {
  watch_.emplace(io_, file, [this] { request(); });
  return watch_->start();
}

Reloaded Reloader::reload() {
  try {
    const secrets::CarEnvNow secrets(parts_.secrets,
                                     [](std::string_view problem) { spdlog::warn("{}", problem); });
    auto wanted = parts_.read(secrets);
    if (!wanted) return {.problems = std::move(wanted.error())};
    return put_in_force(std::move(*wanted), secrets);
  } catch (const std::exception& error) {
    return {.problems = {error.what()}};
  }
}

Reloaded Reloader::put_in_force(config::Config wanted, const SecretSource& secrets) {
  if (wanted.file.empty()) keep_what_was_found(in_force_, wanted);
  Reloaded reloaded{.config = config::changes_between(in_force_, wanted)};
  config::keep_what_needs_restart(in_force_, wanted);
  auto resolved = config::resolve_keys(wanted, secrets);
  const bool changed = parts_.gateway.reload(
      wanted, [&] { reloaded.keys = parts_.keys.apply(wanted, std::move(resolved)); });
  if (!changed) return {.problems = {"the gateway is stopping"}};
  parts_.show(wanted);
  in_force_ = std::move(wanted);
  return reloaded;
}

}  // namespace keypool::cli
