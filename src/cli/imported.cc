#include "cli/imported.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/terminal.h"

namespace keypool::cli {
namespace {

/// As a YAML scalar that means exactly this text.
std::string quoted(std::string_view text) {
  std::string yaml = "\"";
  for (const char character : printable(text)) {
    if (character == '"' || character == '\\') yaml += '\\';
    yaml += character;
  }
  return yaml + '"';
}

std::string limits_text(const std::map<std::string, ImportedLimits>& limits) {
  std::vector<std::string> models;
  for (const auto& [model, most] : limits) {
    std::vector<std::string> fields;
    if (most.rpm > 0) fields.push_back(fmt::format("rpm: {}", most.rpm));
    if (most.tpm > 0) fields.push_back(fmt::format("tpm: {}", most.tpm));
    models.push_back(fmt::format("{}: {{ {} }}", quoted(model), fmt::join(fields, ", ")));
  }
  return fmt::format("limits: {{ {} }}", fmt::join(models, ", "));
}

std::string key_text(const ImportedKey& key) {
  std::vector<std::string> fields{"name: " + key.name};
  if (key.tier > 0) fields.push_back(fmt::format("tier: {}", key.tier));
  if (key.weight != 1) fields.push_back(fmt::format("weight: {}", key.weight));
  if (key.max_in_flight > 0) fields.push_back(fmt::format("max_in_flight: {}", key.max_in_flight));
  if (key.disabled) fields.emplace_back("disabled: true");
  if (!key.limits.empty()) fields.push_back(limits_text(key.limits));
  if (fields.size() == 1) return fmt::format("      - {}\n", key.name);
  return fmt::format("      - {{ {} }}\n", fmt::join(fields, ", "));
}

std::string endpoint_text(const ImportedEndpoint& endpoint, const Imported& imported) {
  std::string text = fmt::format("  - name: {}\n    base_url: {}\n    dialect: {}\n", endpoint.name,
                                 quoted(endpoint.base_url), provider::to_string(endpoint.dialect));
  if (endpoint.keyless) return text + "    keys: none\n";
  text += "    keys:\n";
  for (const ImportedKey& key : endpoint.keys) text += key_text(key);
  if (!imported.policy.empty()) text += fmt::format("    policy: {}\n", imported.policy);
  if (imported.attempts) text += fmt::format("    attempts: {}\n", *imported.attempts);
  if (imported.cooldown_seconds) {
    text += fmt::format("    cooldown: {}s\n", *imported.cooldown_seconds);
  }
  if (!endpoint.fallback.empty()) {
    text += fmt::format("    fallback: [{}]\n", fmt::join(endpoint.fallback, ", "));
  }
  return text;
}

/// Words of letters and digits, with `between` between them.
std::string words_joined(std::string_view words, char between, int (*letter)(int)) {
  std::string joined;
  for (const char character : words) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      joined += static_cast<char>(letter(byte));
    } else if (!joined.empty() && joined.back() != between) {
      joined += between;
    }
  }
  while (joined.ends_with(between)) joined.pop_back();
  return joined;
}

}  // namespace

ImportedEndpoint& Imported::endpoint_at(std::string_view base_url, provider::Dialect dialect,
                                        std::string_view name) {
  const auto known = std::ranges::find_if(endpoints, [&](const ImportedEndpoint& one) {
    return one.base_url == base_url && one.dialect == dialect;
  });
  if (known != endpoints.end()) return *known;
  const auto taken = [&](const std::string& candidate) {
    return std::ranges::find(endpoints, candidate, &ImportedEndpoint::name) != endpoints.end();
  };
  const std::string wanted = endpoint_name_of(name);
  std::string free = wanted;
  for (int number = 2; taken(free); ++number) free = fmt::format("{}-{}", wanted, number);
  return endpoints.emplace_back(ImportedEndpoint{
      .name = std::move(free), .base_url = std::string(base_url), .dialect = dialect});
}

void Imported::route(const std::string& model, const std::string& endpoint) {
  const auto known = std::ranges::find(routes, model, [](const auto& one) { return one.first; });
  if (known == routes.end()) routes.emplace_back(model, endpoint);
}

std::string key_name_of(std::string_view words) {
  std::string name = words_joined(words, '_', [](int letter) { return std::toupper(letter); });
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
    name.insert(0, "IMPORTED_");
  }
  if (!name.ends_with("KEY")) name += name.ends_with('_') ? "KEY" : "_KEY";
  return name;
}

std::string endpoint_name_of(std::string_view words) {
  std::string name = words_joined(words, '-', [](int letter) { return std::tolower(letter); });
  return name.empty() ? "imported" : name;
}

std::string without_version(std::string_view base_url) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  if (base_url.ends_with("/v1")) base_url.remove_suffix(3);
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  return std::string(base_url);
}

std::string configuration_of(const Imported& imported) {
  std::string text = fmt::format(
      "# keypool's configuration, made of {}'s. Look it over, then: keypool check, keypool serve\n"
      "# Keys never stand in this file: it names them.\n\n"
      "listen: 127.0.0.1:8080      # where calls come in\n"
      "admin:\n"
      "  listen: 127.0.0.1:8081    # dashboard, status, metrics\n\n"
      "endpoints:\n",
      imported.gateway);
  for (const ImportedEndpoint& endpoint : imported.endpoints) {
    text += endpoint_text(endpoint, imported);
  }
  if (!imported.routes.empty()) {
    text += "\nroutes:                      # for calls to /v1/… without an endpoint in the path\n";
    for (const auto& [model, endpoint] : imported.routes) {
      text += fmt::format("  - {{ model: {}, endpoint: {} }}\n", quoted(model), endpoint);
    }
  }
  if (!imported.prices.empty()) {
    text += "\nprices:                      # USD per million tokens\n";
    for (const auto& [model, price] : imported.prices) {
      text += fmt::format("  {}: {{ input: {:g}, output: {:g} }}\n", quoted(model), price.input,
                          price.output);
    }
  }
  return text;
}

}  // namespace keypool::cli
