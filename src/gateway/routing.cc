#include "gateway/routing.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keypool::gateway {
namespace {

struct Split {
  std::string_view first;  // segment, without its slash
  std::string_view rest;   // with its slash, or `?…`, or empty
};

Split split(std::string_view target) {
  target.remove_prefix(1);
  const auto end = std::min(target.find_first_of("/?"), target.size());
  return {target.substr(0, end), target.substr(end)};
}

std::optional<std::size_t> find_endpoint(const config::Config& config, std::string_view name) {
  for (std::size_t i = 0; i < config.endpoints.size(); ++i) {
    if (config.endpoints[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_route(const config::Config& config, std::string_view model) {
  for (const auto& route : config.routes) {
    if (fits(route.model, model)) return find_endpoint(config, route.endpoint);
  }
  return std::nullopt;
}

std::string known_endpoints(const config::Config& config) {
  std::vector<std::string_view> names;
  for (const auto& endpoint : config.endpoints) names.push_back(endpoint.name);
  return names.empty() ? "none is configured" : fmt::format("known: {}", fmt::join(names, ", "));
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::unexpected<Astray> unknown_endpoint(std::string message) {
  return std::unexpected(Astray{404, "unknown_endpoint", std::move(message)});
}

// The character at `i` of a path as a careless server may read it, and how many bytes it takes.
// Also what is encoded more than once, as %252e: some servers decode again.
std::pair<char, std::size_t> read_loosely(std::string_view path, std::size_t i) {
  if (path[i] == '\\') return {'/', 1};
  if (path[i] != '%') return {path[i], 1};
  std::size_t end = i + 3;
  while (end <= path.size() && path.substr(end - 2, 2) == "25") end += 2;
  if (end > path.size()) return {path[i], 1};
  const auto code = path.substr(end - 2, 2);
  if (code == "2e" || code == "2E") return {'.', end - i};
  if (code == "2f" || code == "2F" || code == "5c" || code == "5C") return {'/', end - i};
  if (code == "3b" || code == "3B") return {';', end - i};
  return {path[i], 1};
}

}  // namespace

std::optional<std::size_t> named_endpoint(const config::Config& config, std::string_view target) {
  return find_endpoint(config, split(target).first);
}

bool routed_by_model(const config::Config& config, std::string_view target) {
  return split(target).first == "v1" && !named_endpoint(config, target);
}

std::expected<Destination, Astray> route(const config::Config& config, std::string_view target,
                                         std::string_view model) {
  const auto [name, rest] = split(target);
  std::optional<Destination> destination;
  if (const auto named = find_endpoint(config, name)) {
    destination = {*named, rest};
  } else if (name != "v1") {
    return unknown_endpoint(fmt::format(
        "there is no endpoint \"{}\" ({}); the path begins with an endpoint's name, as in "
        "/openai/v1/chat/completions, or with /v1",
        name, known_endpoints(config)));
  } else if (const auto routed = find_route(config, model)) {
    destination = {*routed, target};
  } else if (config.endpoints.size() == 1) {
    destination = {0, target};
  } else {
    return unknown_endpoint(
        fmt::format("no route fits {}; add one, or put an endpoint's name before the path ({})",
                    model.empty() ? "a call without a model" : fmt::format("model \"{}\"", model),
                    known_endpoints(config)));
  }
  if (!stays_below(path_of(destination->rest))) {
    return std::unexpected(Astray{400, "bad_request", "the path leaves the endpoint's base URL"});
  }
  return *destination;
}

bool fits(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool stays_below(std::string_view path) noexcept {
  std::size_t dots = 0;  // of the segment so far
  std::size_t others = 0;
  bool parameters = false;  // some servers leave out what stands behind a `;`
  bool first = true;
  bool after_leading_slash = false;
  for (std::size_t i = 0; i < path.size();) {
    const auto [c, size] = read_loosely(path, i);
    i += size;
    if (c == '/') {
      if (after_leading_slash) return false;
      if (dots == 2 && others == 0) return false;
      dots = others = 0;
      parameters = false;
      after_leading_slash = first;
    } else {
      after_leading_slash = false;
      if (c == ';') parameters = true;
      if (!parameters) (c == '.' ? dots : others) += 1;
    }
    first = false;
  }
  return !(dots == 2 && others == 0);
}

}  // namespace keypool::gateway
