#include "config/keys.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config/fields.h"
#include "config/key_limits.h"
#include "config/misplaced_secret.h"
#include "config/values.h"

namespace keypool::config {
namespace {

constexpr std::string_view kNameExpected = "the name of a variable, such as OPENAI_API_KEY";

/// A variable of the environment, or an account of a keychain, whose names may hold more.
bool is_key_name(std::string_view text) {
  static constexpr std::string_view kOther = "_.-";
  constexpr std::size_t kMost = 128;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || kOther.find(c) != kOther.npos;
  };
  return !text.empty() && text.size() <= kMost &&
         (is_letter(text.front()) || text.front() == '_') && std::ranges::all_of(text, fits);
}

/// `$NAME` and `${NAME}`, as a shell would write them: the name alone.
std::string_view without_dollar(std::string_view text) {
  if (!text.starts_with('$')) return {};
  text.remove_prefix(1);
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  return is_key_name(text) ? text : std::string_view();
}

bool read_key_name(const YamlNode& node, Key& key, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  if (refuse_random(node, problems)) return true;
  if (const auto name = without_dollar(node.text); !name.empty()) {
    problems.add(node, fmt::format("expected {}; write {} without the $", kNameExpected, name));
    return true;
  }
  if (!is_key_name(node.text)) return false;
  key.name = node.text;
  key.place = node.place;
  return true;
}

template <std::uint64_t SpendingCaps::*Member>
bool usd(const YamlNode& node, Key& key, Problems&) {
  return read_usd(node, key.options.caps.*Member);
}

bool read_command(const YamlNode& node, Key& key, Problems&) {
  constexpr std::size_t kMost = 256;
  if (node.kind != YamlKind::list || node.children.empty() || node.children.size() > kMost) {
    return false;
  }
  for (const YamlNode* item : node.children) {
    if (item->kind != YamlKind::scalar) return false;
    key.command.push_back(item->text);
  }
  return !key.command.front().empty();
}

constexpr std::array kKeyFields = {
    Field<Key>{"name", Presence::required, kNameExpected, read_key_name},
    Field<Key>{"group", Presence::optional,
               "a name shared by the keys of one account, of letters, digits and `._~-`",
               [](const YamlNode& node, Key& key, Problems& problems) {
                 return read_plain_name(node, key.options.group, problems);
               }},
    Field<Key>{
        "disabled", Presence::optional, "true or false",
        [](const YamlNode& node, Key& key, Problems&) { return read_flag(node, key.disabled); }},
    Field<Key>{"command", Presence::optional,
               "a list: a program that prints the secret and its arguments, such as [pass, show, "
               "openai/ci]; no shell reads it",
               read_command},
    Field<Key>{"tier", Presence::optional,
               "a whole number from 0 to 254; higher tiers serve when lower ones are full",
               [](const YamlNode& node, Key& key, Problems&) {
                 return read_whole(node, 0, 254, key.options.tier);
               }},
    Field<Key>{"weight", Presence::optional,
               "a number above 0 and up to 1000000, the key's share, such as 2 or 0.5",
               [](const YamlNode& node, Key& key, Problems&) {
                 return read_decimal(node, 1e6, key.options.weight);
               }},
    Field<Key>{"limits", Presence::optional,
               "a map: a model's name, `prefix*` or `*` → rpm, tpm, …", read_key_limits},
    Field<Key>{"max_in_flight", Presence::optional, "a whole number from 1 to 1000000",
               [](const YamlNode& node, Key& key, Problems&) {
                 std::uint64_t most = 0;
                 if (!read_count(node, 1, 1'000'000, most)) return false;
                 key.options.max_in_flight = static_cast<std::uint32_t>(most);
                 return true;
               }},
    Field<Key>{"usd_per_day", Presence::optional, kUsdExpected,
               usd<&SpendingCaps::micro_usd_per_day>},
    Field<Key>{"usd_per_month", Presence::optional, kUsdExpected,
               usd<&SpendingCaps::micro_usd_per_month>},
    Field<Key>{"tokens_per_day", Presence::optional, kTokensExpected,
               [](const YamlNode& node, Key& key, Problems&) {
                 return read_tokens(node, key.options.caps.tokens_per_day);
               }},
};

Key read_key(const YamlNode& node, Problems& problems) {
  Key key;
  if (node.kind == YamlKind::map) {
    read_map(node, kKeyFields, key, problems);
  } else if (!read_key_name(node, key, problems)) {
    problems.add(node, fmt::format("expected {}, or a map with a `name`, got {}", kNameExpected,
                                   described(node)));
  }
  return key;
}

}  // namespace

bool read_keys(const YamlNode& node, Endpoint& endpoint, Problems& problems) {
  if (node.kind == YamlKind::scalar && node.text == "none") {
    endpoint.keyless = true;
    return true;
  }
  if (node.kind != YamlKind::list || node.children.empty()) return false;

  std::map<std::string, int> line_of_name;
  for (const YamlNode* item : node.children) {
    Key key = read_key(*item, problems);
    if (key.name.empty()) continue;
    const auto [first, is_new] = line_of_name.emplace(key.name, key.place.line);
    if (is_new) {
      endpoint.keys.push_back(std::move(key));
    } else {
      const YamlNode* name = item->field("name");
      problems.add(name != nullptr ? *name : *item,
                   fmt::format("{} is listed twice; first on line {}", key.name, first->second));
    }
  }
  return true;
}

}  // namespace keypool::config
