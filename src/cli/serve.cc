#include <csignal>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <keypool/key_pool.h>
#include <keypool/secret_source.h>

#include "admin/admin.h"
#include "admin/json_answer.h"
#include "admin/usage_so_far.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/greeting.h"
#include "cli/kept_state.h"
#include "cli/listen_option.h"
#include "cli/planner.h"
#include "cli/port_holder.h"
#include "cli/process.h"
#include "cli/reloaded.h"
#include "cli/reloader.h"
#include "cli/service_manager.h"
#include "cli/setup.h"
#include "cli/simulated_endpoint.h"
#include "cli/state_folder.h"
#include "config/key_registry.h"
#include "config/load.h"
#include "config/resolve_keys.h"
#include "gateway/gateway.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string config;
  std::optional<config::Listen> listen;
  std::optional<config::Listen> admin;
  std::optional<int> threads;
  std::string state;
  bool watch_config = false;
  std::string log_level = "info";
};

void log_to_stderr(const std::string& level) {
  auto logger = spdlog::stderr_color_mt("keypool");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

void apply(const Options& options, config::Config& config) {
  if (options.listen) config.listen = *options.listen;
  if (options.admin) config.admin = *options.admin;
  if (options.threads) config.threads = *options.threads;
  if (!options.state.empty()) config.state = options.state;
}

std::string url_of(config::Listen listen, std::uint16_t port, std::string_view scheme = "http") {
  listen.port = port;
  return fmt::format("{}://{}", scheme, listen.text());
}

/// Explains on stderr why nothing listens there, and what to do about it.
int cannot_listen(const std::string& why, const config::Listen& wanted, const char* option) {
  fmt::print(stderr, "keypool: {}\n", why);
  if (const auto holder = port_holder(wanted.port)) {
    fmt::print(stderr, "  It is held by {}.\n", *holder);
  }
  fmt::print(stderr, "  Choose another with {} {}, or 0 for any free port.\n", option,
             config::Listen{wanted.host, static_cast<std::uint16_t>(wanted.port + 10)}.text());
  return kFailed;
}

admin::Distribution distribution_of(const gateway::Distribution& times) {
  return {.counts = {times.counts.begin(), times.counts.end()}, .seconds = times.seconds};
}

std::vector<std::pair<std::string_view, std::uint64_t>> retries_of(
    const gateway::EndpointCounters& counters) {
  std::vector<std::pair<std::string_view, std::uint64_t>> retries;
  for (std::size_t i = 0; i < gateway::kTryEnds; ++i) {
    const auto end = static_cast<gateway::TryEnd>(i);
    if (const auto count = counters.retries_after(end); count > 0) {
      retries.emplace_back(to_string(end), count);
    }
  }
  return retries;
}

/// Whether another machine could spend the keys, or tell them what to do, without a token; then
/// says on stderr what to do about it.
bool open_to_strangers(const config::Config& config, bool clients_need_token) {
  if (!config.listen.loopback() && !clients_need_token) {
    fmt::print(stderr,
               "keypool: {} can be reached from other machines, and whoever reaches it would spend "
               "your keys.\n"
               "  Give those who may call a token first: keypool token create NAME, or `clients` "
               "in the configuration.\n",
               config.listen.text());
    return true;
  }
  if (!config.admin.loopback() && config.admin_token_hash.empty()) {
    fmt::print(stderr,
               "keypool: the admin API at {} can be reached from other machines, which needs a "
               "token.\n"
               "  Make one: keypool token hash --new, and put its hash into the configuration as "
               "admin.token_hash.\n",
               config.admin.text());
    return true;
  }
  return false;
}

admin::Traffic traffic_of(const gateway::Counters& counters, const config::Config& config) {
  admin::Traffic traffic{.endpoints = {},
                         .connections = counters.connections.load(),
                         .astray = counters.astray.load(),
                         .time_bounds = gateway::kTimeBounds};
  for (const config::Endpoint& configured : config.endpoints) {
    const gateway::EndpointCounters& endpoint = counters.of(configured.name);
    const auto times = counters.times_of(configured.name);
    traffic.endpoints.push_back({.answered = endpoint.ended_as(gateway::Outcome::answered),
                                 .refused = endpoint.ended_as(gateway::Outcome::refused),
                                 .broken = endpoint.ended_as(gateway::Outcome::broken),
                                 .hung_up = endpoint.ended_as(gateway::Outcome::hung_up),
                                 .in_flight = endpoint.in_flight.load(),
                                 .retries = endpoint.all_retries(),
                                 .retries_after = retries_of(endpoint),
                                 .fallbacks = endpoint.fallbacks.load(),
                                 .lease_wait = distribution_of(times.lease_wait),
                                 .upstream = distribution_of(times.upstream),
                                 .first_byte = distribution_of(times.first_byte)});
  }
  return traffic;
}

/// Reads the configuration anew, as the command line says: from the same file, or by looking around
/// again where there was none.
std::expected<config::Config, std::vector<std::string>> read_again(
    const Options& options, const std::filesystem::path& file, const SecretSource& secrets) {
  auto setup =
      read_setup(file.empty() ? config::find_file(std::nullopt) : std::optional(file), secrets);
  if (setup) {
    apply(options, setup->config);
    return std::move(setup->config);
  }
  std::vector<std::string> problems;
  for (const config::Problem& problem : setup.error()) problems.push_back(problem.message());
  return std::unexpected(std::move(problems));
}

constexpr const char* kDemoStays =
    "no key was found when this gateway was started, so it serves a simulation; restart it to look "
    "again";

http::Answer answer_of(const Reloaded& reloaded) {
  return admin::json_answer(reloaded_json(reloaded), reloaded.good() ? 200 : 422);
}

/// Reloads at each SIGHUP, until it is time to stop.
void wait_for_the_end(const StopSignals& signals, const OwnTerminal& terminal, Reloader& reloader) {
  while (signals.wait() == SIGHUP && !terminal.gone()) reloader.request();
}

int serve(const Options& options) {
  const StopSignals signals({SIGHUP});
  const OwnTerminal terminal;
  const ServiceManager manager;
  log_to_stderr(options.log_level);
  auto setup = set_up(options.config);
  if (!setup) return kMisused;
  config::Config& config = setup->config;
  apply(options, config);
  if (options.watch_config && config.file.empty()) {
    fmt::print(stderr, "keypool: --watch-config: there is no configuration file to watch\n");
    return kMisused;
  }

  KeyPool pool(
      {.secrets = nullptr, .warn = [](std::string_view text) { spdlog::warn("{}", text); }});
  auto resolved = config::resolve_keys(config, system_secret_source());
  const auto told = config::told_of(resolved);
  config::KeyRegistry keys(pool);
  keys.apply(config, std::move(resolved));

  std::optional<SimulatedEndpoint> demo;
  if (config.endpoints.empty() && config.file.empty()) {
    auto& simulated = demo.emplace(lab::default_scenario());
    if (auto joined = simulated.join("demo", config, pool); !joined) {
      fmt::print(stderr, "keypool: {}\n", joined.error());
      return kFailed;
    }
  }

  // What a simulation counts is worth nothing later.
  KeptState kept(demo ? ":memory:" : state_folder(config.state));
  if (const auto begun = kept.begin(pool, keys, config.clients); !begun) {
    fmt::print(stderr, "keypool: {}\n", begun.error());
    return kFailed;
  }
  const state::ClientsInForce& clients = kept.callers().in_force();
  if (open_to_strangers(config, clients.asked_for())) return kMisused;

  gateway::Gateway gateway(
      config, pool, {.owners = &kept.owners(), .ledger = &kept.ledger(), .clients = &clients});
  if (auto started = gateway.start(); !started) {
    return cannot_listen(started.error(), config.listen, "--listen");
  }

  config::Config shown = config;  // the admin thread's
  Planner planner(shown, pool, kept);
  admin::UsageSoFar used([&kept](const auto& question) { return kept.usage(question); },
                         system_clock());
  std::optional<admin::Admin> admin;
  Reloader reloader(config,
                    {.read = [&](const SecretSource& secrets)
                         -> std::expected<config::Config, std::vector<std::string>> {
                       if (demo) return std::unexpected(std::vector<std::string>{kDemoStays});
                       return read_again(options, config.file, secrets);
                     },
                     .secrets = system_secret_source(),
                     .keys = keys,
                     .gateway = gateway,
                     .show =
                         [&](const config::Config& in_force) {
                           // Those that cannot be read are told of by the callers themselves.
                           static_cast<void>(kept.callers().configure(in_force.clients));
                           admin->between_requests([&shown, in_force] { shown = in_force; });
                         }});
  admin.emplace(admin::Subject{
      .config = shown,
      .pool = pool,
      .clock = system_clock(),
      .traffic = [&] { return traffic_of(gateway.counters(), shown); },
      .usage = [&kept](const auto& question) { return kept.usage(question); },
      .used = [&used] { return used.now(); },
      .calls = [&gateway](const auto& question) { return gateway.calls(question); },
      .plan = [&planner](const auto& question,
                         auto then) { return planner.make(question, std::move(then)); },
      .reload =
          [&reloader](std::function<void(http::Answer)> then) {
            reloader.request(
                [then = std::move(then)](const Reloaded& reloaded) { then(answer_of(reloaded)); });
          }});
  if (auto started = admin->start(); !started) {
    return cannot_listen(started.error(), config.admin, "--admin-listen");
  }
  if (options.watch_config) {
    if (auto watched = reloader.watch(config.file); !watched) {
      fmt::print(stderr, "keypool: --watch-config: {}\n", watched.error());
      return kFailed;
    }
  }

  const Serving serving{
      .config = config,
      .keys = told,
      .gateway_url = url_of(config.listen, gateway.port(), config.listen_tls ? "https" : "http"),
      .admin_url = url_of(config.admin, admin->port()),
      .asks_for_token = clients.asked_for(),
      .demo_keys = demo ? pool.total_keys() : 0};
  fmt::print("{}", greeting(serving, terminal_of(STDOUT_FILENO)));
  std::fflush(stdout);

  manager.ready();
  wait_for_the_end(signals, terminal, reloader);
  manager.stopping();
  signals.let_the_next_kill();
  admin->announce_stop();
  const auto grace = config.limits.grace_time;
  if (const std::size_t running = gateway.in_flight(); running > 0) {
    fmt::print("\nStopping: {} running, with {} to finish. Once more to end at once.\n",
               counted(running, "call"), duration_text(grace));
    std::fflush(stdout);
  }
  if (const std::size_t cut = gateway.drain(grace); cut > 0) {
    fmt::print("{} cut off.\n", counted(cut, "call"));
  }
  reloader.stop();
  admin.reset();
  return kGood;
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("serve", "Serve calls over all keys; Ctrl-C stops");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, kConfigHelp)->type_name("FILE");
  add_listen_option(*command, "--listen", options->listen,
                    "Where calls come in (default 127.0.0.1:8080; port 0: any free one)");
  add_listen_option(*command, "--admin-listen", options->admin,
                    "Where the admin API is (default 127.0.0.1:8081)");
  command->add_option("--threads", options->threads, "Threads for calls (default: one a core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command
      ->add_option("--state", options->state,
                   "Folder of counts and usage, or :memory: for none (default "
                   "~/.local/state/keypool)")
      ->type_name("FOLDER");
  command->add_flag("--watch-config", options->watch_config,
                    "Reload whenever the configuration file changes");
  command->add_option("--log-level", options->log_level, "How much is logged on stderr")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str()
      ->type_name("LEVEL");
  command->footer(
      "Examples:\n"
      "  OPENAI_API_KEY=sk-first,sk-second keypool serve\n"
      "  keypool serve --config keypool.yaml --listen 127.0.0.1:9000\n"
      "  keypool token create ci && keypool serve --listen 0.0.0.0:8080\n\n"
      "SIGTERM lets running calls end; SIGHUP and `keypool reload` read configuration and keys "
      "anew.\n"
      "Then point any SDK at it: OPENAI_BASE_URL=http://127.0.0.1:8080/openai/v1");
  command->callback([&run, options] { run = [options] { return serve(*options); }; });
}

}  // namespace keypool::cli
