#include "admin/key_settings.h"

#include <algorithm>
#include <expected>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/known_endpoint.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestName = 128;

http::Answer bad_request(std::string_view what) { return error_answer(400, "bad_request", what); }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '_';
  });
}

/// Of the field `weight`; `otherwise` where there is none, nothing where it is no weight.
std::optional<double> weight_in(const json& wanted, std::optional<double> otherwise) {
  const auto weight = wanted.find("weight");
  if (weight == wanted.end()) return otherwise;
  constexpr double kMost = 1e6;
  if (!weight->is_number() || weight->get<double>() <= 0 || weight->get<double>() > kMost) {
    return std::nullopt;
  }
  return weight->get<double>();
}

constexpr std::string_view kWeightExpected = "`weight` takes a number above 0, at most 1000000";

/// A key is listed by its own name, or by that of the list it came from: `NAME` for `NAME[2]`.
KeyOptions options_of(const Subject& subject, std::string_view endpoint, std::string_view name) {
  const auto configured =
      std::ranges::find(subject.config.endpoints, endpoint, &config::Endpoint::name);
  const auto key = std::ranges::find_if(configured->keys, [name](const config::Key& listed) {
    return name == listed.name || name.substr(0, name.rfind('[')) == listed.name;
  });
  return key == configured->keys.end() ? KeyOptions() : key->options;
}

std::set<std::string> names_of(const KeyPool& pool, std::string_view endpoint) {
  std::set<std::string> names;
  for (KeyStats& key : pool.stats(endpoint)) names.insert(std::move(key.name));
  return names;
}

}  // namespace

http::Answer add_key(const Subject& subject, std::string_view body) {
  const json wanted = json::parse(body, nullptr, false);
  if (!wanted.is_object()) {
    return bad_request("expected a JSON body, {\"endpoint\": …, \"name\": …, \"weight\": …}");
  }
  for (const auto& [field, value] : wanted.items()) {
    if (field != "endpoint" && field != "name" && field != "weight") {
      return bad_request(
          "the body takes `endpoint`, `name` and `weight` alone; a secret is stored "
          "with `keypool secrets put NAME`, and never sent here");
    }
  }
  const auto text = [&wanted](const char* field) {
    const auto value = wanted.find(field);
    return value != wanted.end() && value->is_string() ? value->get<std::string>() : std::string();
  };
  const std::string endpoint = text("endpoint");
  const std::string name = text("name");
  if (!known_endpoint(subject, endpoint)) return unknown_endpoint(subject, endpoint);
  // Not repeated in the answer: it may be a secret that was put in the wrong place.
  if (!is_name(name)) {
    return bad_request("`name` takes the name of a variable or keychain item: letters, digits, _");
  }
  const auto weight = weight_in(wanted, 1.0);
  if (!weight) return bad_request(kWeightExpected);

  const auto before = names_of(subject.pool, endpoint);
  const Registration done = subject.pool.register_endpoint(endpoint, {name}, {.weight = *weight});
  if (!done.missing.empty()) {
    return error_answer(422, "name_not_found",
                        "no environment variable, file or keychain item has this `name`; store it "
                        "with `keypool secrets put NAME`");
  }
  json added = json::array();
  for (const std::string& key : names_of(subject.pool, endpoint)) {
    if (!before.contains(key)) added.push_back(key);
  }
  subject.audit(fmt::format("add of {} to {}: {} added", one_line(name), one_line(endpoint),
                            one_line(added)));
  return json_answer({{"endpoint", endpoint}, {"added", std::move(added)}},
                     done.added > 0 ? 201 : 200);
}

http::Answer set_weight(const Subject& subject, const std::string& endpoint,
                        const std::string& name, std::string_view body) {
  if (!known_endpoint(subject, endpoint)) return unknown_endpoint(subject, endpoint);
  const json wanted = json::parse(body, nullptr, false);
  const auto weight =
      wanted.is_object() && wanted.size() == 1 ? weight_in(wanted, std::nullopt) : std::nullopt;
  if (!weight) return bad_request(kWeightExpected);
  KeyOptions options = options_of(subject, endpoint, name);
  options.weight = *weight;
  if (!subject.pool.configure_key(endpoint, name, options)) {
    return error_answer(404, "unknown_key",
                        fmt::format("endpoint \"{}\" has no key \"{}\"", endpoint, name));
  }
  subject.audit(fmt::format("weight of {} of {}: {}", one_line(name), one_line(endpoint), *weight));
  return json_answer({{"endpoint", endpoint}, {"name", name}, {"weight", *weight}});
}

}  // namespace keypool::admin
