#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <keypool/secret_source.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/secrets_commands.h"
#include "cli/secrets_input.h"
#include "cli/secrets_shape.h"
#include "cli/terminal.h"
#include "secrets/environment.h"
#include "secrets/keychain.h"
#include "secrets/value.h"

namespace keypool::cli {
namespace {

using nlohmann::json;
using secrets::KeychainFailure;

void load_environment() {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });
}

int keychain_failed(const KeychainFailure& failure) {
  fmt::print(stderr, "keypool: the OS keychain: {}\n", failure.message);
  return kFailed;
}

int put(const SecretsOptions& options) {
  auto text = read_secret(fmt::format("Value of {} (not shown): ", options.name));
  if (!text) {
    fmt::print(stderr, "keypool: {}\n", text.error());
    return kFailed;
  }
  const auto value = secrets::make_secret(std::move(*text));
  if (!value) {
    fmt::print(stderr, "keypool: the value of {}: {}; nothing was stored\n", options.name,
               value.error());
    return kFailed;
  }
  const auto warning = misfit(options.name, value->reveal());
  if (const auto stored = secrets::system_keychain().store(options.name, *value); !stored) {
    return keychain_failed(stored.error());
  }
  if (options.json) {
    json answer{{"name", options.name}, {"stored", true}};
    if (warning) answer["warning"] = *warning;
    fmt::print("{}\n", answer.dump());
    return kGood;
  }
  fmt::print("Stored {} in the OS keychain.\n", options.name);
  if (warning) fmt::print(stderr, "keypool: warning: {}\n", *warning);
  load_environment();
  const auto found = system_secret_source().resolve(options.name);
  if (found && found->value.reveal() != value->reveal()) {
    fmt::print(stderr, "keypool: warning: {} is found first in: {}\n", options.name, found->origin);
  }
  return kGood;
}

int get(const SecretsOptions& options) {
  if (::isatty(STDOUT_FILENO) != 0 && !options.show) {
    fmt::print(stderr,
               "keypool: a secret on a screen can be read over a shoulder and stays in the "
               "scrollback.\n  To see it all the same: keypool secrets get {} --show\n",
               options.name);
    return kMisused;
  }
  load_environment();
  const auto found = system_secret_source().resolve(options.name);
  if (!found) {
    fmt::print(stderr, "keypool: {} was not found. Looked at:\n", options.name);
    for (const auto& place : system_secret_source().places(options.name)) {
      fmt::print(stderr, "  {}\n", printable(place));
    }
    return kFailed;
  }
  if (options.json) {
    fmt::print("{}\n", json{{"name", options.name},
                            {"value", std::string(found->value.reveal())},
                            {"origin", found->origin}}
                           .dump());
  } else {
    fmt::print("{}\n", found->value.reveal());
  }
  return kGood;
}

int remove(const SecretsOptions& options) {
  if (const auto removed = secrets::system_keychain().remove(options.name); !removed) {
    return keychain_failed(removed.error());
  }
  if (options.json) {
    fmt::print("{}\n", json{{"name", options.name}, {"deleted", true}}.dump());
    return kGood;
  }
  fmt::print("Deleted {} from the OS keychain.\n", options.name);
  load_environment();
  if (const auto found = system_secret_source().resolve(options.name)) {
    fmt::print("It is still found in: {}\n", printable(found->origin));
  }
  return kGood;
}

int list(const SecretsOptions& options) {
  const auto names = secrets::system_keychain().names();
  if (!names) return keychain_failed(names.error());
  if (options.json) {
    fmt::print("{}\n", json{{"names", *names}}.dump());
    return kGood;
  }
  for (const auto& name : *names) fmt::print("{}\n", printable(name));
  if (names->empty()) fmt::print(stderr, "The OS keychain holds no item of ours.\n");
  return kGood;
}

int available(const SecretsOptions& options) {
  const auto names = secrets::system_keychain().names();
  const std::string why = names ? "" : names.error().message;
  if (options.json) {
    json answer{{"available", names.has_value()}};
    if (!names) answer["reason"] = why;
    fmt::print("{}\n", answer.dump());
  } else if (names) {
    fmt::print("The OS keychain can be used.\n");
  } else {
    fmt::print("The OS keychain cannot be used: {}\n", why);
  }
  return names ? kGood : kFailed;
}

/// One subcommand of `secrets`, with `--json`.
CLI::App* add(CLI::App& parent, const char* name, const char* help, const char* examples,
              SecretsOptions& options, Run& run, int (*what)(const SecretsOptions&),
              const std::shared_ptr<SecretsOptions>& owner) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->footer(std::string("Examples:\n") + examples);
  command->add_flag("--json", options.json, "Answer in JSON, for a program to read");
  command->callback([&run, owner, what] { run = [owner, what] { return what(*owner); }; });
  return command;
}

void take_name(CLI::App& command, SecretsOptions& options) {
  command.add_option("NAME", options.name, "A name such as OPENAI_API_KEY")
      ->required()
      ->check([](const std::string& name) {
        const bool plain = !name.empty() && name == printable(name);
        return plain ? "" : "expected a name of printable characters";
      });
}

}  // namespace

void add_secrets(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("secrets", "Keep keys in the OS keychain");
  command->require_subcommand(1);
  auto options = std::make_shared<SecretsOptions>();

  const auto add_one = [&](const char* name, const char* help, const char* examples, auto what) {
    return add(*command, name, help, examples, *options, run, what, options);
  };
  take_name(*add_one("put", "Store a value, typed unseen or from standard input",
                     "  keypool secrets put OPENAI_API_KEY\n"
                     "  pass show openai | keypool secrets put OPENAI_API_KEY",
                     put),
            *options);
  CLI::App* getting = add_one("get", "Print a value, wherever it is found",
                              "  keypool secrets get OPENAI_API_KEY | wc -c\n"
                              "  keypool secrets get OPENAI_API_KEY --show",
                              get);
  take_name(*getting, *options);
  getting->add_flag("--show", options->show, "Also on a terminal");
  CLI::App* status = add_one("status", "Tell where names are found",
                             "  keypool secrets status\n"
                             "  keypool secrets status TEAM_B_KEY --json",
                             secrets_status);
  status->add_option("NAMES", options->names,
                     "Names (default: the providers' variables that are set, and the keychain's)");
  take_name(*add_one("delete", "Take a value out of the keychain",
                     "  keypool secrets delete OPENAI_API_KEY", remove),
            *options);
  add_one("list", "List the names in the keychain", "  keypool secrets list", list);
  add_one("available", "Tell whether the keychain can be used",
          "  keypool secrets available && keypool secrets migrate-from-env", available);
  CLI::App* migrate =
      add_one("migrate-from-env", "Copy keys from the environment and ~/.car/env to the keychain",
              "  keypool secrets migrate-from-env\n"
              "  keypool secrets migrate-from-env TEAM_B_KEY --overwrite",
              secrets_migrate);
  migrate->add_option("NAMES", options->names, "Variables (default: the providers' that are set)");
  migrate->add_flag("--overwrite", options->overwrite,
                    "Also where the keychain holds another value");

  command->footer(
      "Examples:\n"
      "  keypool secrets put OPENAI_API_KEY              asks, and shows nothing\n"
      "  pass show openai | keypool secrets put OPENAI_API_KEY\n"
      "  keypool secrets status\n"
      "  keypool secrets migrate-from-env\n\n"
      "Values never stand on the command line: other users could read them there.");
}

}  // namespace keypool::cli
