#include "config/clients.h"

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/endpoint_names.h"
#include "config/fields.h"
#include "config/misplaced_secret.h"
#include "config/values.h"

namespace keypool::config {
namespace {

using state::Client;

constexpr std::string_view kHowToHash =
    "a token itself never stands in this file. Make one with its hash: keypool token hash --new; "
    "or hash one that there is: keypool token hash";

bool read_name(const YamlNode& node, Client& client, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  if (refuse_random(node, problems)) return true;
  if (!state::is_client_name(node.text)) return false;
  client.name = node.text;
  return true;
}

bool read_patterns(const YamlNode& node, std::vector<std::string>& patterns,
                   std::string_view expected, Problems& problems) {
  if (node.kind != YamlKind::list || node.children.empty()) return false;
  for (const YamlNode* item : node.children) {
    if (item->kind == YamlKind::scalar && state::is_name_pattern(item->text)) {
      patterns.push_back(item->text);
    } else {
      problems.add(*item, fmt::format("expected {}, got {}", expected, described(*item)));
    }
  }
  return true;
}

template <std::uint64_t Client::*Member>
bool usd(const YamlNode& node, Client& client, Problems&) {
  return read_usd(node, client.*Member);
}

template <std::uint64_t Client::*Member>
bool tokens(const YamlNode& node, Client& client, Problems&) {
  return read_tokens(node, client.*Member);
}

constexpr std::array kClientFields = {
    Field<Client>{"name", Presence::required,
                  "a name of letters, digits and `._~@+-`, as it stands in usage and logs",
                  read_name},
    Field<Client>{"token_hash", Presence::required, kTokenHashExpected,
                  [](const YamlNode& node, Client& client, Problems& problems) {
                    return read_token_hash(node, client.token_hash, problems);
                  }},
    Field<Client>{"endpoints", Presence::optional,
                  "a list of endpoints, each a name or `prefix*`; without it: all",
                  [](const YamlNode& node, Client& client, Problems& problems) {
                    return read_patterns(node, client.endpoints,
                                         "the name of an endpoint, or `prefix*`", problems);
                  }},
    Field<Client>{
        "models", Presence::optional, "a list of models, each a name or `prefix*`; without it: all",
        [](const YamlNode& node, Client& client, Problems& problems) {
          return read_patterns(node, client.models, "the name of a model, or `prefix*`", problems);
        }},
    Field<Client>{"rpm", Presence::optional, "a whole number of calls a minute, from 1 to 1000000",
                  [](const YamlNode& node, Client& client, Problems&) {
                    return read_count(node, 1, 1'000'000, client.rpm);
                  }},
    Field<Client>{"budget_usd_per_day", Presence::optional, kUsdExpected,
                  usd<&Client::micro_usd_per_day>},
    Field<Client>{"budget_usd_per_month", Presence::optional, kUsdExpected,
                  usd<&Client::micro_usd_per_month>},
    Field<Client>{"budget_tokens_per_day", Presence::optional, kTokensExpected,
                  tokens<&Client::tokens_per_day>},
    Field<Client>{"budget_tokens_per_month", Presence::optional, kTokensExpected,
                  tokens<&Client::tokens_per_month>},
};

/// Adds a problem when `value` was seen before; `what` is whose it is.
void check_unique(const YamlNode& node, const std::string& value, std::string_view what,
                  std::map<std::string, int>& line_of, Problems& problems) {
  if (value.empty()) return;
  const auto [first, is_new] = line_of.emplace(value, node.place.line);
  if (is_new) return;
  problems.add(node, fmt::format("is {} of another client, on line {}", what, first->second));
}

}  // namespace

bool read_token_hash(const YamlNode& node, std::string& hash, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  if (state::parse_token_hash(node.text)) {
    hash = node.text;
  } else {
    problems.add(node, fmt::format("expected {}; {}", kTokenHashExpected, kHowToHash));
  }
  return true;
}

bool read_clients(const YamlNode& node, Config& config, Problems& problems) {
  if (node.kind != YamlKind::list) return false;
  std::map<std::string, int> line_of_name;
  std::map<std::string, int> line_of_hash;
  for (const YamlNode* item : node.children) {
    Client client;
    if (const YamlNode* token = item->field("token")) {
      problems.refuse_name(*token, fmt::format("expected `token_hash`; {}", kHowToHash));
    }
    read_map(*item, kClientFields, client, problems);
    if (const YamlNode* name = item->field("name")) {
      check_unique(*name, client.name, "the name", line_of_name, problems);
    }
    if (const YamlNode* hash = item->field("token_hash")) {
      check_unique(*hash, client.token_hash, "the token", line_of_hash, problems);
    }
    config.clients.push_back(std::move(client));
  }
  return true;
}

void check_clients(const YamlNode& root, Problems& problems) {
  const YamlNode* clients = root.field("clients");
  if (clients == nullptr) return;
  const EndpointNames names(root);
  for (const YamlNode* client : clients->children) {
    const YamlNode* endpoints = client->field("endpoints");
    if (endpoints == nullptr) continue;
    for (const YamlNode* item : endpoints->children) names.check(*item, problems);
  }
}

}  // namespace keypool::config
