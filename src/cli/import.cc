#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <keypool/secret.h>

#include "cli/commands.h"
#include "cli/configuration_file.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/foreign_config.h"
#include "cli/terminal.h"
#include "config/load.h"
#include "secrets/keychain.h"
#include "secrets/wiped_text.h"
#include "state/file.h"

namespace keypool::cli {
namespace {

using nlohmann::json;

struct Options {
  std::vector<std::string> files;
  ConfigurationTarget target;
  bool store = false;
  bool json = false;
};

/// A secret that stood in the files.
struct FoundSecret {
  std::string name;
  std::size_t keys = 0;
  std::string from;
  Secret value;  ///< one key, or several by lines
  bool stored = false;
};

std::optional<std::vector<ForeignFile>> read_files(const std::vector<std::string>& names) {
  std::vector<ForeignFile> files;
  for (const std::string& name : names) {
    auto text = state::read_text(name);
    if (!text || !*text) {
      fmt::print(stderr, "keypool: {}: {}\n", name, text ? "there is no such file" : text.error());
      return std::nullopt;
    }
    files.push_back({std::filesystem::path(name).filename().string(), std::move(**text)});
  }
  return files;
}

Secret joined(const std::vector<Secret>& values) {
  std::size_t size = values.empty() ? 0 : values.size() - 1;
  for (const Secret& value : values) size += value.reveal().size();
  secrets::WipedText text(size);
  char* at = text.data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *at++ = '\n';
    at += values[i].reveal().copy(at, values[i].reveal().size());
  }
  return Secret(text.view());
}

std::vector<FoundSecret> secrets_in(const Imported& imported) {
  std::vector<FoundSecret> found;
  for (const ImportedEndpoint& endpoint : imported.endpoints) {
    for (const ImportedKey& key : endpoint.keys) {
      if (key.values.empty()) continue;
      found.push_back({.name = key.name,
                       .keys = key.values.size(),
                       .from = key.from,
                       .value = joined(key.values)});
    }
  }
  return found;
}

/// Puts each into the keychain; false, and why, at the first that it does not take.
bool store_all(std::vector<FoundSecret>& found) {
  for (FoundSecret& secret : found) {
    if (const auto stored = secrets::system_keychain().store(secret.name, secret.value); !stored) {
      fmt::print(stderr, "keypool: {}: the OS keychain: {}\n", secret.name, stored.error().message);
      return false;
    }
    secret.stored = true;
  }
  return true;
}

json as_json(const Options& options, const Imported& imported,
             const std::vector<FoundSecret>& found) {
  json answer{{"from", imported.gateway},
              {"endpoints", json::array()},
              {"secrets", json::array()},
              {"left_out", json::array()}};
  if (options.target.print) {
    answer["configuration"] = configuration_of(imported);
  } else {
    answer["file"] = options.target.path().native();
  }
  for (const ImportedEndpoint& endpoint : imported.endpoints) {
    answer["endpoints"].push_back(endpoint.name);
  }
  for (const FoundSecret& secret : found) {
    answer["secrets"].push_back({{"name", secret.name},
                                 {"keys", secret.keys},
                                 {"from", secret.from},
                                 {"stored", secret.stored}});
  }
  for (const LeftOut& one : imported.left_out) {
    answer["left_out"].push_back({{"where", one.where}, {"why", one.why}});
  }
  return answer;
}

/// What is left to do, for a person; on stderr where stdout is the configuration.
std::string report(const Options& options, const Imported& imported,
                   const std::vector<FoundSecret>& found) {
  std::string text;
  if (!options.target.print) {
    text += fmt::format("Wrote {} with {} from {}.\n", options.target.path().native(),
                        counted(imported.endpoints.size(), "endpoint"), imported.gateway);
  }
  std::string missing;
  for (const FoundSecret& secret : found) {
    if (secret.stored) {
      text += fmt::format("Stored {} ({}) in the OS keychain.\n", secret.name,
                          counted(secret.keys, "key"));
    } else {
      missing += fmt::format("  keypool secrets put {:<32}  # {} at {}\n", secret.name,
                             counted(secret.keys, "key"), secret.from);
    }
  }
  if (!missing.empty()) {
    text += "\nSecrets stood in the file. Store each, or run this again with --store:\n" + missing;
  }
  if (!imported.left_out.empty()) {
    text += "\nNot carried over:\n";
    for (const LeftOut& one : imported.left_out) {
      text += fmt::format("  {}: {}\n", printable(one.where), printable(one.why));
    }
  }
  return text + "\nNext: keypool check --probe, then keypool serve\n";
}

int import(const Options& options) {
  const auto files = read_files(options.files);
  if (!files) return kFailed;
  const auto imported = read_foreign(*files);
  if (!imported) {
    fmt::print(stderr, "keypool: {}\n", imported.error());
    return kFailed;
  }
  const std::string text = configuration_of(*imported);
  if (const auto checked = config::parse(text, options.target.path()); !checked) {
    for (const config::Problem& problem : checked.error()) {
      fmt::print(stderr, "{}\n", problem.message());
    }
    fmt::print(stderr, "keypool: what came of it is no good configuration; nothing was written.\n");
    return kFailed;
  }
  if (!may_write(options.target)) return kFailed;
  auto found = secrets_in(*imported);
  if (options.store && !store_all(found)) return kFailed;
  if (!(options.json && options.target.print)) {
    if (const int failed = write_configuration(options.target, text); failed != kGood) {
      return failed;
    }
  }
  if (options.json) {
    fmt::print(
        "{}\n",
        as_json(options, *imported, found).dump(2, ' ', false, json::error_handler_t::replace));
  } else {
    fmt::print(options.target.print ? stderr : stdout, "{}", report(options, *imported, found));
  }
  return kGood;
}

}  // namespace

void add_import(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "import", "Make a configuration of another gateway's: LiteLLM, gpt-load, one-api");
  auto options = std::make_shared<Options>();
  command->add_option("FILES", options->files, "The other gateway's files")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--config", options->target.file,
                   "Where to (default ~/.config/keypool/keypool.yaml)")
      ->type_name("FILE");
  command->add_flag("--print", options->target.print, "Print it instead");
  command->add_flag("--force", options->target.force, "Replace a file that is there");
  command->add_flag("--store", options->store,
                    "Put secrets that stand in the files into the OS keychain");
  command->add_flag("--json", options->json, "Print JSON, for a program to read");
  command->footer(
      "What they are is seen by what stands in them: LiteLLM's config.yaml; gpt-load's groups "
      "(the\n"
      "answer of /api/groups) with its exported key lists (keys-GROUP-active.txt); one-api's "
      "channels\n"
      "as JSON. Secrets never go into the configuration. What has no place in it is listed, with "
      "why.\n\n"
      "Examples:\n"
      "  keypool import litellm.yaml\n"
      "  keypool import groups.json keys-openai-active.txt --store\n"
      "  keypool import channels.json --print");
  command->callback([&run, options] { run = [options] { return import(*options); }; });
}

}  // namespace keypool::cli
