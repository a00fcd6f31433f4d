#include <array>
#include <cmath>
#include <limits>
#include <memory>
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
#include "cli/state_folder.h"
#include "cli/table.h"
#include "state/client.h"

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
};

std::uint64_t micro(double usd) { return static_cast<std::uint64_t>(std::llround(usd * 1e6)); }

std::string usd_text(std::uint64_t micro_usd) {
  return fmt::format("${:.2f}", static_cast<double>(micro_usd) / 1e6);
}

json as_json(const Client& client) {
  const auto seconds = client.created.time_since_epoch().count() / 1000;
  return {{"name", client.name},
          {"endpoints", client.endpoints},
          {"models", client.models},
          {"rpm", client.rpm},
          {"budget_usd_per_day", static_cast<double>(client.micro_usd_per_day) / 1e6},
          {"budget_usd_per_month", static_cast<double>(client.micro_usd_per_month) / 1e6},
          {"tokens_per_day", client.tokens_per_day},
          {"tokens_per_month", client.tokens_per_month},
          {"created", seconds}};
}

int create(Options options) {
  std::array<unsigned char, state::kTokenBytes> random{};
  if (::getentropy(random.data(), random.size()) != 0) {
    fmt::print(stderr, "keypool: the system has no randomness to give; nothing was created\n");
    return kFailed;
  }
  const auto token = state::token_of(random);
  wipe_memory(random.data(), random.size());
  Client& client = options.client;
  client.token_hash = state::hash_of_token(token.reveal());
  client.micro_usd_per_day = micro(options.usd_per_day);
  client.micro_usd_per_month = micro(options.usd_per_month);
  client.created = system_clock().wall();

  Store store(state_options(options.state, StoreOptions::Use::command));
  const auto added = state::add_client(store, client);
  if (!added) return state_failed(added.error());
  if (!*added) {
    fmt::print(stderr,
               "keypool: there is a token for {}; revoke it first: keypool token revoke {}\n",
               client.name, client.name);
    return kFailed;
  }
  if (options.json) {
    auto answer = as_json(client);
    answer["token"] = std::string(token.reveal());
    fmt::print("{}\n", answer.dump());
    return kGood;
  }
  fmt::print("{}\n", token.reveal());
  fmt::print(stderr, "This is the token of {}. It is shown this once: only its hash is kept.\n",
             client.name);
  return kGood;
}

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

int list(const Options& options) {
  Store store(state_options(options.state, StoreOptions::Use::command));
  const auto clients = state::load_clients(store);
  if (!clients) return state_failed(clients.error());
  if (options.json) {
    auto all = json::array();
    for (const Client& client : *clients) all.push_back(as_json(client));
    fmt::print("{}\n", json{{"clients", std::move(all)}}.dump());
    return kGood;
  }
  if (clients->empty()) {
    fmt::print("There are no tokens. Create one: keypool token create NAME\n");
    return kGood;
  }
  Table table({{"CLIENT"},
               {"ENDPOINTS", Table::Align::left, true},
               {"MODELS", Table::Align::left, true},
               {"BOUNDS", Table::Align::left, true}});
  for (const Client& client : *clients) {
    table.add({{client.name},
               {names(client.endpoints)},
               {names(client.models)},
               {bounds(client), Tone::faint}});
  }
  fmt::print("{}", table.render(terminal_of(STDOUT_FILENO)));
  return kGood;
}

int revoke(const Options& options) {
  Store store(state_options(options.state, StoreOptions::Use::command));
  const auto removed = state::remove_client(store, options.client.name);
  if (!removed) return state_failed(removed.error());
  if (!*removed) {
    fmt::print(stderr, "keypool: there is no token for {}; see: keypool token list\n",
               options.client.name);
    return kFailed;
  }
  if (options.json) {
    fmt::print("{}\n", json{{"name", options.client.name}, {"revoked", true}}.dump());
  } else {
    fmt::print("Revoked the token of {}.\n", options.client.name);
  }
  return kGood;
}

/// Names go into lists and lines of the state and of logs.
std::string plain_name(const std::string& name) {
  const bool plain = !name.empty() && name == printable(name) && name.size() <= 100;
  return plain ? "" : "expected a name of printable characters, at most 100";
}

void add_bounds(CLI::App& command, Options& options) {
  Client& client = options.client;
  command.add_option("--endpoint", client.endpoints, "Only these endpoints: names, or prefix*")
      ->check(plain_name)
      ->allow_extra_args(false);
  command.add_option("--model", client.models, "Only these models: names, or prefix*")
      ->check(plain_name)
      ->allow_extra_args(false);
  command.add_option("--rpm", client.rpm, "Calls per minute");
  constexpr double kMostUsd = 1e12;
  command.add_option("--usd-per-day", options.usd_per_day, "Budget, by the built-in prices")
      ->check(CLI::Range(0.0, kMostUsd));
  command.add_option("--usd-per-month", options.usd_per_month, "Likewise")
      ->check(CLI::Range(0.0, kMostUsd));
  command.add_option("--tokens-per-day", client.tokens_per_day, "Budget in tokens, both ways");
  command.add_option("--tokens-per-month", client.tokens_per_month, "Likewise");
}

}  // namespace

void add_token(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("token", "Manage the tokens that clients call with");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* help, auto what) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_flag("--json", options->json, "Answer in JSON, for a program to read");
    add_state_option(*sub, options->state);
    sub->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
    return sub;
  };
  CLI::App* creating = add("create", "Make a token and print it, this once", create);
  creating->add_option("NAME", options->client.name, "Who will use it")
      ->required()
      ->check(plain_name);
  add_bounds(*creating, *options);
  add("list", "List who has a token, and its bounds", list);
  add("revoke", "Take a token back", revoke)
      ->add_option("NAME", options->client.name, "Whose")
      ->required();
  command->footer(
      "Examples:\n"
      "  keypool token create ci --endpoint openai --rpm 600 --usd-per-day 20\n"
      "  keypool token list\n"
      "  keypool token revoke ci");
}

}  // namespace keypool::cli
