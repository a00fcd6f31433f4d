#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <keypool/secret_source.h>

#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/secrets_commands.h"
#include "cli/table.h"
#include "pool/key_list.h"
#include "provider/known.h"
#include "secrets/keychain.h"

namespace keypool::cli {
namespace {

using nlohmann::json;

/// One name and where it was found.
struct Row {
  std::string name;
  std::size_t keys = 0;
  std::string origin;
  std::vector<std::string> places;
};

Row look_up(const std::string& name) {
  Row row{.name = name, .origin = {}, .places = {}};
  if (const auto found = system_secret_source().resolve(name)) {
    row.keys = pool::split_keys(name, found->value.reveal()).size();
    row.origin = found->origin;
  } else {
    row.places = system_secret_source().places(name);
  }
  return row;
}

std::vector<Row> look_up_all(const std::vector<std::string>& names) {
  std::vector<Row> rows;
  for (const auto& name : names) rows.push_back(look_up(name));
  return rows;
}

/// The providers' variables that resolve, and what else the keychain holds.
std::vector<Row> look_around() {
  std::vector<std::string> names;
  for (const auto& provider : provider::known_providers()) {
    if (!provider.variable.empty()) names.emplace_back(provider.variable);
  }
  if (const auto stored = secrets::system_keychain().names()) {
    names.insert(names.end(), stored->begin(), stored->end());
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  auto rows = look_up_all(names);
  std::erase_if(rows, [](const Row& row) { return row.keys == 0; });
  return rows;
}

json as_json(const std::vector<Row>& rows) {
  auto all = json::array();
  for (const Row& row : rows) {
    json one{{"name", row.name}, {"found", row.keys > 0}, {"keys", row.keys}};
    if (row.keys > 0) {
      one["origin"] = row.origin;
    } else {
      one["looked_at"] = row.places;
    }
    all.push_back(std::move(one));
  }
  return {{"secrets", std::move(all)}};
}

std::string as_text(const std::vector<Row>& rows, const Terminal& terminal) {
  Table table({{"NAME"}, {"KEYS", Table::Align::right}, {"WHERE", Table::Align::left, true}});
  std::string missing;
  for (const Row& row : rows) {
    if (row.keys > 0) {
      table.add({{row.name}, {whole_count(row.keys)}, {row.origin, Tone::faint}});
      continue;
    }
    table.add({{row.name}, {"0"}, {"missing", Tone::bad}});
    missing += fmt::format("\n{} was not found. Looked at:\n", row.name);
    for (const auto& place : row.places) missing += fmt::format("  {}\n", printable(place));
  }
  return table.render(terminal) + missing;
}

}  // namespace

int secrets_status(const SecretsOptions& options) {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });
  const auto rows = options.names.empty() ? look_around() : look_up_all(options.names);
  if (options.json) {
    fmt::print("{}\n", as_json(rows).dump());
  } else if (rows.empty()) {
    fmt::print("No provider's key was found. Store one: keypool secrets put OPENAI_API_KEY\n");
  } else {
    fmt::print("{}", as_text(rows, terminal_of(STDOUT_FILENO)));
  }
  const bool all_found = std::ranges::all_of(rows, [](const Row& row) { return row.keys > 0; });
  return all_found ? kGood : kFailed;
}

}  // namespace keypool::cli
