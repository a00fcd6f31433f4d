#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/foreign_config.h"
#include "provider/known.h"

// one-api's channels: rows of its table `channels`, as JSON. Its source (model/channel.go,
// relay/channeltype), read 2026-11.

namespace keypool::cli {
namespace {

using nlohmann::json;
using provider::Dialect;

/// Its numbers of providers that keypool speaks to.
struct ChannelType {
  std::uint64_t number;
  std::string_view endpoint;  ///< of a known provider; empty: any that speaks the dialect
  Dialect dialect = Dialect::openai;
};
constexpr ChannelType kTypes[] = {
    {1, "openai"},
    {3, "", Dialect::azure_openai},
    {8, ""},
    {14, "anthropic"},
    {20, "openrouter"},
    {24, "gemini"},
    {28, "mistral"},
    {29, "groq"},
    {30, "ollama"},
    {35, "cohere"},
    {36, "deepseek"},
    {39, "together"},
    {45, "xai"},
    {50, ""},
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    std::string part = text.substr(begin, end - begin);
    while (part.ends_with('\r') || part.ends_with(' ')) part.pop_back();
    if (!part.empty()) parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

const provider::KnownProvider* known_as(std::string_view endpoint) {
  const auto all = provider::known_providers();
  const auto found = std::ranges::find(all, endpoint, &provider::KnownProvider::endpoint);
  return found == all.end() ? nullptr : &*found;
}

std::string where_is(const json& channel) {
  return fmt::format("channel {} ({})", text_at(channel, "id"), text_at(channel, "name"));
}

/// Where a channel's calls go; null when keypool cannot serve it.
ImportedEndpoint* endpoint_of(const json& channel, Imported& imported) {
  const std::string where = where_is(channel);
  const std::uint64_t number = count_at(channel, "type");
  const auto* const type = std::ranges::find(kTypes, number, &ChannelType::number);
  if (type == std::end(kTypes)) {
    imported.leave_out(where,
                       fmt::format("channels of type {} are none that keypool speaks to; if "
                                   "it speaks OpenAI's API, add an endpoint with its base_url",
                                   number));
    return nullptr;
  }
  const auto* const known = type->endpoint.empty() ? nullptr : known_as(type->endpoint);
  std::string base = without_version(text_at(channel, "base_url"));
  if (base.empty() && known != nullptr) base = known->base_url;
  if (base.empty()) {
    imported.leave_out(where, "it has no base_url");
    return nullptr;
  }
  const bool at_home = known != nullptr && base == known->base_url;
  ImportedEndpoint& endpoint =
      imported.endpoint_at(base, known != nullptr ? known->dialect : type->dialect,
                           at_home ? std::string(known->endpoint) : text_at(channel, "name"));
  if (known != nullptr && known->variable.empty() && text_at(channel, "key").empty()) {
    endpoint.keyless = true;
  }
  return &endpoint;
}

void add_key(const json& channel, ImportedEndpoint& endpoint, int tier, Imported& imported) {
  const std::string where = where_is(channel);
  ImportedKey key{.name = key_name_of(endpoint.name + " " + text_at(channel, "name")),
                  .values = {},
                  .from = where,
                  .tier = tier};
  const auto taken = [&](const std::string& name) {
    return std::ranges::find(endpoint.keys, name, &ImportedKey::name) != endpoint.keys.end();
  };
  if (taken(key.name)) key.name = key_name_of(key.name + " " + text_at(channel, "id"));
  for (const std::string& value : split(text_at(channel, "key"), '\n'))
    key.values.emplace_back(value);
  if (key.values.empty()) {
    imported.leave_out(where + ".key", fmt::format("the file does not hold it (the API never tells "
                                                   "keys); store it as {}",
                                                   key.name));
  }
  if (const auto weight = count_at(channel, "weight"); weight > 0) {
    key.weight = static_cast<double>(weight);
  }
  key.disabled = channel.contains("status") && count_at(channel, "status") != 1;
  endpoint.keys.push_back(std::move(key));
}

void leave_out_the_rest(const json& channel, Imported& imported) {
  const std::string where = where_is(channel);
  const std::string mapping = text_at(channel, "model_mapping");
  if (!mapping.empty() && mapping != "{}") {
    imported.leave_out(
        where + ".model_mapping",
        "keypool sends the model as it was asked: let clients ask for the other name");
  }
  const std::string group = text_at(channel, "group");
  if (!group.empty() && group != "default") {
    imported.leave_out(where + ".group",
                       fmt::format("{}: who may use what is said by clients' tokens", group));
  }
  if (!text_at(channel, "system_prompt").empty()) {
    imported.leave_out(where + ".system_prompt", "keypool does not change what a client asks");
  }
}

}  // namespace

void read_one_api(const json& channels, Imported& imported) {
  // A higher priority serves first there; here a lower tier does.
  std::vector<std::int64_t> priorities;
  const auto priority_of = [](const json& channel) {
    const auto found = channel.find("priority");
    return found != channel.end() && found->is_number() ? found->get<std::int64_t>() : 0;
  };
  for (const json& channel : channels) priorities.push_back(priority_of(channel));
  std::ranges::sort(priorities, std::greater());
  const auto same = std::ranges::unique(priorities);
  priorities.erase(same.begin(), same.end());

  for (const json& channel : channels) {
    ImportedEndpoint* const endpoint = endpoint_of(channel, imported);
    if (endpoint == nullptr) continue;
    const auto rank = std::ranges::find(priorities, priority_of(channel)) - priorities.begin();
    const int tier = static_cast<int>(std::min<std::ptrdiff_t>(rank, 254));
    if (!endpoint->keyless) add_key(channel, *endpoint, tier, imported);
    for (const std::string& model : split(text_at(channel, "models"), ',')) {
      imported.route(model, endpoint->name);
    }
    leave_out_the_rest(channel, imported);
  }
}

}  // namespace keypool::cli
