#include "admin/key_commands.h"

#include <algorithm>
#include <array>
#include <expected>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/key_json.h"
#include "admin/known_endpoint.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

constexpr std::array kCommands{KeyCommand::enable, KeyCommand::disable, KeyCommand::drain,
                               KeyCommand::reset, KeyCommand::probe};

constexpr std::string_view kBodyExpected =
    "expected a JSON body, {\"keys\": [{\"endpoint\": …, \"name\": …}, …]} or {\"endpoint\": …} "
    "for all of its keys";

bool carry_out(KeyPool& pool, std::string_view endpoint, std::string_view name,
               KeyCommand command) {
  switch (command) {
    case KeyCommand::enable:
      return pool.enable_key(endpoint, name);
    case KeyCommand::disable:
      return pool.disable_key(endpoint, name);
    case KeyCommand::drain:
      return pool.drain_key(endpoint, name);
    case KeyCommand::reset:
      return pool.reset_key(endpoint, name);
    case KeyCommand::probe:
      return pool.probe_key(endpoint, name);
  }
  return false;
}

http::Answer unknown_key(std::string_view endpoint, std::string_view name) {
  return error_answer(404, "unknown_key",
                      fmt::format("endpoint \"{}\" has no key \"{}\"; GET "
                                  "/api/v1/keys?endpoint={} lists those it has",
                                  endpoint, name, endpoint));
}

using Names = std::vector<std::string>;

/// The keys that a command is for, by endpoint.
struct Selection {
  std::map<std::string, Names> names;
  bool whole_endpoint = false;
};

std::expected<Selection, http::Answer> read_selection(const Subject& subject,
                                                      std::string_view body) {
  const auto bad = [] { return std::unexpected(error_answer(400, "bad_request", kBodyExpected)); };
  const json wanted = json::parse(body, nullptr, false);
  if (!wanted.is_object() || wanted.size() != 1) return bad();
  Selection selection;
  if (const auto endpoint = wanted.find("endpoint"); endpoint != wanted.end()) {
    if (!endpoint->is_string()) return bad();
    const auto name = endpoint->get<std::string>();
    if (!known_endpoint(subject, name)) return std::unexpected(unknown_endpoint(subject, name));
    Names& names = selection.names[name];
    for (const KeyStats& key : subject.pool.stats(name)) names.push_back(key.name);
    selection.whole_endpoint = true;
    return selection;
  }
  const auto keys = wanted.find("keys");
  if (keys == wanted.end() || !keys->is_array()) return bad();
  for (const json& key : *keys) {
    const bool whole = key.is_object() && key.size() == 2 && key.contains("endpoint") &&
                       key.contains("name") && key["endpoint"].is_string() &&
                       key["name"].is_string();
    if (!whole) return bad();
    selection.names[key["endpoint"]].push_back(key["name"]);
  }
  return selection;
}

using States = std::map<std::string, KeyState, std::less<>>;

States states_of(const KeyPool& pool, const std::string& endpoint) {
  States states;
  for (const KeyStats& key : pool.stats(endpoint)) states.emplace(key.name, key.state);
  return states;
}

/// `disable of "A", "B" of "openai": 1 of 2 changed`
std::string audit_line(KeyCommand command, const std::string& endpoint, const Names& names,
                       bool whole_endpoint, std::size_t changed) {
  return fmt::format("{} of {} of {}: {} of {} changed", to_string(command),
                     whole_endpoint ? "every key" : one_line(names), one_line(endpoint), changed,
                     names.size());
}

}  // namespace

std::string_view to_string(KeyCommand command) noexcept {
  switch (command) {
    case KeyCommand::enable:
      return "enable";
    case KeyCommand::disable:
      return "disable";
    case KeyCommand::drain:
      return "drain";
    case KeyCommand::reset:
      return "reset";
    case KeyCommand::probe:
      return "probe";
  }
  return "";
}

std::optional<KeyCommand> key_command(std::string_view name) noexcept {
  const auto* command = std::ranges::find_if(
      kCommands, [name](KeyCommand known) { return to_string(known) == name; });
  if (command == kCommands.end()) return std::nullopt;
  return *command;
}

http::Answer tell_key(const Subject& subject, const std::string& endpoint, const std::string& name,
                      KeyCommand command) {
  if (!known_endpoint(subject, endpoint)) return unknown_endpoint(subject, endpoint);
  const States before = states_of(subject.pool, endpoint);
  const auto was = before.find(name);
  if (was == before.end() || !carry_out(subject.pool, endpoint, name, command)) {
    return unknown_key(endpoint, name);
  }
  const auto stats = subject.pool.stats(endpoint);
  const auto key = std::ranges::find(stats, name, &KeyStats::name);
  if (key == stats.end()) return unknown_key(endpoint, name);
  subject.audit(audit_line(command, endpoint, {name}, false, key->state != was->second ? 1 : 0));
  const auto headroom = find(headroom_of(subject.pool.lanes(endpoint)), name);
  return json_answer({{"key", key_json(endpoint, *key, headroom, subject.clock.wall())}});
}

http::Answer tell_keys(const Subject& subject, std::string_view body, KeyCommand command) {
  auto selection = read_selection(subject, body);
  if (!selection) return std::move(selection.error());

  std::map<std::string, States> before;
  for (const auto& [endpoint, names] : selection->names) {
    if (!known_endpoint(subject, endpoint)) return unknown_endpoint(subject, endpoint);
    const States& states = before[endpoint] = states_of(subject.pool, endpoint);
    for (const std::string& name : names) {
      if (!states.contains(name)) return unknown_key(endpoint, name);
    }
  }

  json changed = json::array();
  std::size_t told = 0;
  for (const auto& [endpoint, names] : selection->names) {
    for (const std::string& name : names) {
      told += carry_out(subject.pool, endpoint, name, command) ? 1 : 0;
    }
    const std::size_t changed_before = changed.size();
    for (const auto& [name, state] : states_of(subject.pool, endpoint)) {
      const auto was = before[endpoint].find(name);
      if (was == before[endpoint].end() || was->second == state) continue;
      changed.push_back({{"endpoint", endpoint},
                         {"name", name},
                         {"was", to_string(was->second)},
                         {"state", to_string(state)}});
    }
    subject.audit(audit_line(command, endpoint, names, selection->whole_endpoint,
                             changed.size() - changed_before));
  }
  return json_answer({{"told", told}, {"changed", std::move(changed)}});
}

}  // namespace keypool::admin
