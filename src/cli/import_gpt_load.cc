#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/foreign_config.h"

// gpt-load's groups, as its admin API answers them (GET /api/groups), and the key lists that it
// exports (keys-GROUP-STATUS.txt, one key a line). Its source, read 2026-11.

namespace keypool::cli {
namespace {

using nlohmann::json;
using provider::Dialect;

std::optional<Dialect> dialect_of(const std::string& channel) {
  if (channel.starts_with("openai")) return Dialect::openai;
  if (channel == "anthropic") return Dialect::anthropic;
  if (channel == "gemini") return Dialect::gemini;
  if (channel.starts_with("azure")) return Dialect::azure_openai;
  return std::nullopt;
}

/// The key of a group: its whole list under one name.
ImportedKey& list_of(ImportedEndpoint& endpoint, const std::string& from) {
  if (endpoint.keys.empty()) {
    ImportedKey& key = endpoint.keys.emplace_back();
    key.name = key_name_of(endpoint.name + " api");
    key.from = from;
  }
  return endpoint.keys.front();
}

/// What a group is set to that has a place here, or none.
void read_settings(const json& group, const std::string& where, Imported& imported) {
  const json config = group.value("config", json());
  for (const auto& [name, value] : config.items()) {
    if (name == "max_retries") {
      imported.attempts =
          static_cast<int>(std::clamp<std::uint64_t>(count_at(config, "max_retries") + 1, 1, 10));
    } else if (name == "blacklist_threshold" || name.starts_with("key_validation")) {
      imported.leave_out(where + ".config." + name,
                         "a key rests for what a refusal says, and is tried again by itself");
    } else if (name == "proxy_url") {
      imported.leave_out(where + ".config." + name, "keypool connects by itself, not over a proxy");
    } else {
      imported.leave_out(where + ".config." + name, "see limits, which hold for all endpoints");
    }
  }
  for (const char* member : {"param_overrides", "header_rules"}) {
    const auto rules = group.find(member);
    if (rules != group.end() && !rules->empty()) {
      imported.leave_out(where + "." + member, "keypool does not change what a client asks");
    }
  }
  if (!text_at(group, "proxy_keys").empty()) {
    imported.leave_out(where + ".proxy_keys",
                       "clients have tokens of their own: keypool token create NAME");
  }
}

void read_group(const json& group, const std::string& where, Imported& imported) {
  const std::string name = text_at(group, "name");
  const std::string channel = text_at(group, "channel_type");
  const auto dialect = dialect_of(channel);
  const json& upstreams = group.at("upstreams");
  if (!dialect || !upstreams.is_array() || upstreams.empty()) {
    imported.leave_out(where, dialect ? "a group without an upstream of its own"
                                      : fmt::format("keypool does not speak {}", channel));
    return;
  }
  const std::string base = without_version(text_at(upstreams.front(), "url"));
  if (upstreams.size() > 1) {
    imported.leave_out(
        where + ".upstreams",
        fmt::format("only the first, {}; make an endpoint of each other one and name "
                    "it under fallback",
                    base));
  }
  // Two groups of one upstream are two sets of keys, chosen by the client's path.
  ImportedEndpoint endpoint{.name = endpoint_name_of(name), .base_url = base, .dialect = *dialect};
  for (const json& key : group.value("api_keys", json::array())) {
    const std::string value = text_at(key, "key_value");
    if (value.empty()) continue;
    if (text_at(key, "status") == "active") {
      list_of(endpoint, where + ".api_keys").values.emplace_back(std::string(value));
    } else {
      imported.leave_out(where + ".api_keys",
                         "a key that gpt-load had struck out as " + text_at(key, "status"));
    }
  }
  imported.endpoints.push_back(std::move(endpoint));
  read_settings(group, where, imported);
}

/// `openai` of `keys-openai-active.txt`; else the file's own name.
std::string group_of(std::string_view file) {
  file = file.substr(0, file.rfind('.'));
  if (!file.starts_with("keys-")) return std::string(file);
  file.remove_prefix(5);
  return std::string(file.substr(0, file.rfind('-')));
}

}  // namespace

void read_gpt_load_groups(const json& groups, Imported& imported) {
  for (const json& group : groups) {
    read_group(group, "group " + text_at(group, "name"), imported);
  }
}

void read_gpt_load_keys(const ForeignFile& file, Imported& imported) {
  const std::string group = endpoint_name_of(group_of(file.name));
  auto endpoint = std::ranges::find(imported.endpoints, group, &ImportedEndpoint::name);
  if (endpoint == imported.endpoints.end()) {
    imported.leave_out(file.name, fmt::format("there is no group {} in the files; give the groups "
                                              "too (GET /api/groups), or name the file "
                                              "keys-GROUP-active.txt",
                                              group));
    return;
  }
  ImportedKey& key = list_of(*endpoint, file.name);
  for (std::size_t at = 0; at < file.text.size();) {
    const std::size_t end = std::min(file.text.find('\n', at), file.text.size());
    std::string_view line(file.text.data() + at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) key.values.emplace_back(line);
    at = end + 1;
  }
}

}  // namespace keypool::cli
