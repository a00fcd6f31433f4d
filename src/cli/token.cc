#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <keypool/clock.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/secrets_input.h"
#include "cli/state_folder.h"
#include "cli/table.h"
#include "config/load.h"
#include "config/suggest.h"
#include "state/client_store.h"

namespace keypool::cli {
namespace {

using nlohmann::json;
using state::Client;
using state::Store;
using state::StoreOptions;

struct Options {
  std::string state;
  bool json = false;
  Client client;
  double usd_per_day = 0;
  double usd_per_month = 0;
  bool forget = false;
  bool fresh = false;
};

int failed(const std::string& why) {
  fmt::print(stderr, "keypool: {}\n", why);
  return kFailed;
}

/// A file with mistakes is the business of `check` and `serve`.
std::optional<config::Config> configuration() {
  const auto file = config::find_file(std::nullopt);
  if (!file) return std::nullopt;
  auto config = config::load(*file);
  if (!config) return std::nullopt;
  return std::move(*config);
}

/// Nothing for a gateway that keeps no state.
std::optional<StoreOptions> kept_state(const Options& options) {
  auto found = state_options(options.state, StoreOptions::Use::command);
  if (found.folder != ":memory:") return found;
  fmt::print(stderr,
             "keypool: the gateway keeps no state (\":memory:\"), and with it no tokens; write the "
             "client into the configuration: keypool token hash --new\n");
  return std::nullopt;
}

std::optional<Secret> draw_token() {
  std::array<unsigned char, state::kTokenBytes> random{};
  if (::getentropy(random.data(), random.size()) != 0) return std::nullopt;
  auto token = state::token_of(random);
  wipe_memory(random.data(), random.size());
  return token;
}

constexpr const char* kNoRandomness = "the system has no randomness to give; nothing was made";

std::uint64_t micro(double usd) { return static_cast<std::uint64_t>(std::llround(usd * 1e6)); }

double usd(std::uint64_t micro_usd) { return static_cast<double>(micro_usd) / 1e6; }

json as_json(const Client& client, const char* from) {
  json all{{"name", client.name},
           {"from", from},
           {"revoked", client.revoked()},
           {"endpoints", client.endpoints},
           {"models", client.models},
           {"rpm", client.rpm},
           {"budget_usd_per_day", usd(client.micro_usd_per_day)},
           {"budget_usd_per_month", usd(client.micro_usd_per_month)},
           {"budget_tokens_per_day", client.tokens_per_day},
           {"budget_tokens_per_month", client.tokens_per_month}};
  if (client.created != WallTime{})
    all["created"] = client.created.time_since_epoch().count() / 1000;
  return all;
}

/// What is wrong with the endpoints asked for; empty: nothing that is known here.
std::string wrong_endpoints(const Client& client, const config::Config& config) {
  std::vector<std::string_view> known;
  for (const auto& endpoint : config.endpoints) known.push_back(endpoint.name);
  for (const std::string& name : client.endpoints) {
    if (name.ends_with('*') || std::ranges::find(known, name) != known.end()) continue;
    auto advice = config::did_you_mean(name, known);
    if (advice.empty()) advice = fmt::format("; there are: {}", fmt::join(known, ", "));
    return fmt::format("no endpoint is called {}{}", name, advice);
  }
  return {};
}

int create(Options options) {
  Client& client = options.client;
  const auto config = configuration();
  if (config) {
    if (const auto wrong = wrong_endpoints(client, *config); !wrong.empty()) {
      fmt::print(stderr, "keypool: {}\n", wrong);
      return kMisused;
    }
    if (std::ranges::find(config->clients, client.name, &Client::name) != config->clients.end()) {
      return failed(fmt::format("{} is a client of the configuration, {}; choose another name",
                                client.name, config->file.native()));
    }
  }
  auto state = kept_state(options);
  if (!state) return kFailed;
  const auto token = draw_token();
  if (!token) return failed(kNoRandomness);
  client.token_hash = state::hash_of_token(token->reveal());
  client.micro_usd_per_day = micro(options.usd_per_day);
  client.micro_usd_per_month = micro(options.usd_per_month);
  client.created = system_clock().wall();

  Store store(std::move(*state));
  const auto before = state::load_clients(store);
  if (!before) return state_failed(before.error());
  const auto added = state::add_client(store, client);
  if (!added) return state_failed(added.error());
  if (!*added) {
    return failed(fmt::format("there is a token for {}; revoke it first: keypool token revoke {}",
                              client.name, client.name));
  }
  if (options.json) {
    auto answer = as_json(client, "state");
    answer["token"] = std::string(token->reveal());
    fmt::print("{}\n", answer.dump());
    return kGood;
  }
  fmt::print("{}\n", token->reveal());
  fmt::print(stderr,
             "This is the token of {}. It is shown this once: only its hash is kept.\n"
             "A running gateway takes it within a second or two.\n",
             client.name);
  if (before->empty() && (!config || config->clients.empty())) {
    fmt::print(stderr,
               "It is the first one: from now on the gateway refuses calls without a token.\n");
  }
  return kGood;
}

std::string usd_text(std::uint64_t micro_usd) { return fmt::format("${:.2f}", usd(micro_usd)); }

std::string bounds(const Client& client) {
  std::vector<std::string> all;
  const auto add = [&all](std::uint64_t value, const std::string& text) {
    if (value > 0) all.push_back(text);
  };
  add(client.rpm, fmt::format("{} a minute", counted(client.rpm, "call")));
  add(client.micro_usd_per_day, usd_text(client.micro_usd_per_day) + " a day");
  add(client.micro_usd_per_month, usd_text(client.micro_usd_per_month) + " a month");
  add(client.tokens_per_day, short_count(client.tokens_per_day) + " tokens a day");
  add(client.tokens_per_month, short_count(client.tokens_per_month) + " tokens a month");
  return all.empty() ? "none" : fmt::format("{}", fmt::join(all, ", "));
}

std::string names(const std::vector<std::string>& patterns) {
  return patterns.empty() ? "all" : fmt::format("{}", fmt::join(patterns, ", "));
}

Cell token_cell(const Client& client, bool configured) {
  if (client.revoked()) return {"revoked", Tone::bad};
  return {configured ? "in the configuration" : "valid", Tone::good};
}

int list(const Options& options) {
  const auto config = configuration();
  const auto configured = config ? config->clients : std::vector<Client>();
  std::vector<Client> kept;
  if (auto state = state_options(options.state, StoreOptions::Use::command);
      state.folder != ":memory:") {
    Store store(std::move(state));
    auto loaded = state::load_clients(store);
    if (!loaded) return state_failed(loaded.error());
    kept = std::move(*loaded);
  }
  if (options.json) {
    auto all = json::array();
    for (const Client& client : configured) all.push_back(as_json(client, "configuration"));
    for (const Client& client : kept) all.push_back(as_json(client, "state"));
    fmt::print("{}\n", json{{"clients", std::move(all)}}.dump());
    return kGood;
  }
  if (configured.empty() && kept.empty()) {
    fmt::print(
        "There are no clients: whoever reaches the gateway may call. Make a token: keypool token "
        "create NAME\n");
    return kGood;
  }
  Table table({{"CLIENT"},
               {"TOKEN"},
               {"ENDPOINTS", Table::Align::left, true},
               {"MODELS", Table::Align::left, true},
               {"BOUNDS", Table::Align::left, true}});
  const auto add = [&table](const Client& client, bool of_configuration) {
    table.add({{client.name},
               token_cell(client, of_configuration),
               {names(client.endpoints)},
               {names(client.models)},
               {bounds(client), Tone::faint}});
  };
  for (const Client& client : configured) add(client, true);
  for (const Client& client : kept) add(client, false);
  fmt::print("{}", table.render(terminal_of(STDOUT_FILENO)));
  return kGood;
}

int nothing_to_revoke(const std::string& name) {
  const auto config = configuration();
  if (config && std::ranges::find(config->clients, name, &Client::name) != config->clients.end()) {
    return failed(fmt::format("{} is a client of the configuration; take it out of {} and reload",
                              name, config->file.native()));
  }
  return failed(fmt::format("there is no token for {}; see: keypool token list", name));
}

int revoke(const Options& options) {
  auto state = kept_state(options);
  if (!state) return kFailed;
  Store store(std::move(*state));
  const std::string& name = options.client.name;
  const auto done =
      options.forget ? state::remove_client(store, name) : state::revoke_client(store, name);
  if (!done) return state_failed(done.error());
  if (!*done) return nothing_to_revoke(name);
  if (options.json) {
    fmt::print("{}\n",
               json{{"name", name}, {"revoked", true}, {"forgotten", options.forget}}.dump());
    return kGood;
  }
  fmt::print("{} the token of {}. A running gateway refuses it within a second or two.\n",
             options.forget ? "Revoked and forgot" : "Revoked", name);
  const auto left = state::load_clients(store);
  if (left && !left->empty() && std::ranges::all_of(*left, &Client::revoked)) {
    fmt::print(
        "No valid token is left in the state. The gateway stays closed; to let everybody on this "
        "machine call again, revoke with --forget and start the gateway anew.\n");
  }
  return kGood;
}

int hash(const Options& options) {
  std::optional<Secret> token;
  std::string hash;
  if (options.fresh) {
    token = draw_token();
    if (!token) return failed(kNoRandomness);
    hash = state::hash_of_token(token->reveal());
  } else {
    const auto given = read_secret("The token to hash (unseen): ");
    if (!given) return failed(given.error());
    hash = state::hash_of_token(given->view());
  }
  if (options.json) {
    json answer{{"token_hash", hash}};
    if (token) answer["token"] = std::string(token->reveal());
    fmt::print("{}\n", answer.dump());
    return kGood;
  }
  if (token) fmt::print("token: {}\n", token->reveal());
  fmt::print("token_hash: {}\n", hash);
  return kGood;
}

std::string client_name(const std::string& name) {
  if (state::is_client_name(name)) return "";
  return "expected a name of letters, digits and ._~@+-, at most 100";
}

std::string pattern(const std::string& text) {
  return state::is_name_pattern(text) ? "" : "expected a name, or prefix*";
}

void add_bounds(CLI::App& command, Options& options) {
  Client& client = options.client;
  command.add_option("--endpoints", client.endpoints, "Only these endpoints: names, or prefix*")
      ->delimiter(',')
      ->check(pattern)
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  command.add_option("--models", client.models, "Only these models: names, or prefix*")
      ->delimiter(',')
      ->check(pattern)
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  command.add_option("--rpm", client.rpm, "Calls a minute")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  constexpr double kMostUsd = 1e12;
  constexpr std::uint64_t kMostTokens = 1'000'000'000'000'000;
  const auto add_usd = [&](const char* name, double& amount, const char* help) {
    command.add_option(name, amount, help)->check(CLI::Range(0.000001, kMostUsd))->type_name("USD");
  };
  const auto add_tokens = [&](const char* name, std::uint64_t& count, const char* help) {
    command.add_option(name, count, help)
        ->check(CLI::Range(std::uint64_t{1}, kMostTokens))
        ->type_name("TOKENS");
  };
  add_usd("--budget-usd-per-day", options.usd_per_day, "Of what its calls cost (days are UTC)");
  add_usd("--budget-usd-per-month", options.usd_per_month, "Likewise");
  add_tokens("--budget-tokens-per-day", client.tokens_per_day, "Of tokens, both ways");
  add_tokens("--budget-tokens-per-month", client.tokens_per_month, "Likewise");
}

}  // namespace

void add_token(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("token", "Manage the tokens that clients call with");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* help, const char* example, auto what) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->footer(std::string("Examples:\n  ") + example);
    sub->add_flag("--json", options->json, "Answer in JSON, for a program to read");
    sub->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
    return sub;
  };
  const auto add_kept = [&](const char* name, const char* help, const char* example, auto what) {
    CLI::App* sub = add(name, help, example, what);
    add_state_option(*sub, options->state);
    return sub;
  };
  CLI::App* creating = add_kept("create", "Make a token and print it, this once",
                                "keypool token create ci --endpoints openai --rpm 600", create);
  creating->add_option("NAME", options->client.name, "Who will use it")
      ->required()
      ->check(client_name);
  add_bounds(*creating, *options);
  add_kept("list", "List who has a token, and its bounds", "keypool token list", list);
  CLI::App* revoking = add_kept("revoke", "Take a token back", "keypool token revoke ci", revoke);
  revoking->add_option("NAME", options->client.name, "Whose")->required();
  revoking->add_flag("--forget", options->forget,
                     "Take it off the list as well: a gateway that starts with an empty list lets "
                     "everybody on this machine call");
  add("hash", "Print the hash of a token, for the configuration file", "keypool token hash --new",
      hash)
      ->add_flag("--new", options->fresh, "Make a token, and print both");
  command->footer(
      "Examples:\n"
      "  keypool token create ci --endpoints openai --rpm 600 --budget-usd-per-day 20\n"
      "  keypool token create alice@example.com --models 'gpt-*,o4-mini'\n"
      "  keypool token list\n"
      "  keypool token revoke ci\n"
      "  keypool token hash --new         for `clients:` or `admin.token_hash` in keypool.yaml\n\n"
      "A client sends its token as the API key: OPENAI_API_KEY=kp_... with\n"
      "OPENAI_BASE_URL=http://127.0.0.1:8080/openai/v1. A running gateway takes up every change\n"
      "within a second or two.");
}

}  // namespace keypool::cli
