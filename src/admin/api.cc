#include "admin/api.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "admin/guard.h"
#include "admin/key_json.h"
#include "admin/target.h"
#include "provider/dialect.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using Segments = std::vector<std::string>;

constexpr std::string_view kIndex =
    "keypool " KEYPOOL_VERSION
    " admin\n\n"
    "GET  /healthz                                          the process is alive\n"
    "GET  /readyz                                           a call sent now could be served\n"
    "GET  /api/v1/endpoints                                 endpoints and how many keys each has\n"
    "GET  /api/v1/keys                                      every key; ?endpoint=NAME for one "
    "endpoint's\n"
    "POST /api/v1/keys/{endpoint}/{name}/disable            take a key out of rotation\n"
    "POST /api/v1/keys/{endpoint}/{name}/enable             put it back\n"
    "POST /api/v1/keys/{endpoint}/{name}/reset              end its cooldowns, forget why it was "
    "out\n"
    "\nOn a terminal: keypool status\n";

http::Answer json_answer(const json& body, int status = 200) {
  return {.status = status,
          .headers = {{"content-type", "application/json"}},
          .body = body.dump(2, ' ', false, json::error_handler_t::replace) + "\n"};
}

http::Answer index_page() {
  return {.status = 200,
          .headers = {{"content-type", "text/plain; charset=utf-8"}},
          .body = std::string(kIndex)};
}

bool can_serve(const config::Endpoint& endpoint, const KeyPool& pool) {
  return endpoint.keyless || pool.available_keys(endpoint.name) > 0;
}

http::Answer readiness(const Subject& subject) {
  const auto not_ready = [](std::string_view why) {
    return json_answer({{"status", "not ready"}, {"reason", why}}, 503);
  };
  if (subject.stopping()) return not_ready("the gateway is stopping");
  const bool any = std::ranges::any_of(subject.config.endpoints, [&](const auto& endpoint) {
    return can_serve(endpoint, subject.pool);
  });
  if (!any) return not_ready("no endpoint has a key that may be used now");
  return json_answer({{"status", "ready"}});
}

http::Answer endpoints(const Subject& subject) {
  json list = json::array();
  for (const config::Endpoint& endpoint : subject.config.endpoints) {
    const auto keys = subject.pool.stats(endpoint.name);
    std::uint64_t in_flight = 0;
    for (const KeyStats& key : keys) in_flight += key.in_flight;
    list.push_back({{"name", endpoint.name},
                    {"base_url", endpoint.base_url.text()},
                    {"dialect", provider::to_string(endpoint.dialect)},
                    {"keyless", endpoint.keyless},
                    {"keys", keys.size()},
                    {"available_keys", subject.pool.available_keys(endpoint.name)},
                    {"in_flight", in_flight}});
  }
  return json_answer({{"endpoints", std::move(list)}});
}

bool known_endpoint(const Subject& subject, std::string_view name) {
  return std::ranges::any_of(subject.config.endpoints,
                             [name](const auto& endpoint) { return endpoint.name == name; });
}

http::Answer unknown_endpoint(const Subject& subject, std::string_view name) {
  auto names = subject.config.endpoints | std::views::transform(&config::Endpoint::name);
  return error_answer(404, "unknown_endpoint",
                      fmt::format("no endpoint \"{}\"; there {}: {}", name,
                                  subject.config.endpoints.size() == 1 ? "is" : "are",
                                  fmt::join(names.begin(), names.end(), ", ")));
}

http::Answer keys(const Subject& subject, std::string_view query) {
  const auto wanted = query_value(query, "endpoint");
  if (wanted && !known_endpoint(subject, *wanted)) return unknown_endpoint(subject, *wanted);
  const WallTime now = subject.clock.wall();
  json list = json::array();
  for (const config::Endpoint& endpoint : subject.config.endpoints) {
    if (wanted && endpoint.name != *wanted) continue;
    for (const KeyStats& key : subject.pool.stats(endpoint.name)) {
      list.push_back(key_json(endpoint.name, key, now));
    }
  }
  return json_answer({{"keys", std::move(list)}});
}

/// Carries out `verb`; nothing when it is none of ours.
std::optional<bool> act(KeyPool& pool, const std::string& endpoint, const std::string& key,
                        std::string_view verb) {
  if (verb == "enable") return pool.enable_key(endpoint, key);
  if (verb == "disable") return pool.disable_key(endpoint, key);
  if (verb == "reset") return pool.reset_key(endpoint, key);
  return std::nullopt;
}

http::Answer change_key(const Subject& subject, const std::string& endpoint,
                        const std::string& name, std::string_view verb) {
  if (!known_endpoint(subject, endpoint)) return unknown_endpoint(subject, endpoint);
  const auto done = act(subject.pool, endpoint, name, verb);
  if (!done) {
    return error_answer(
        404, "not_found",
        fmt::format("a key can be told to enable, disable or reset, not \"{}\"", verb));
  }
  const auto stats = subject.pool.stats(endpoint);
  const auto key = std::ranges::find(stats, name, &KeyStats::name);
  if (!*done || key == stats.end()) {
    return error_answer(
        404, "unknown_key",
        fmt::format("endpoint \"{}\" has no key \"{}\"; GET /api/v1/keys?endpoint={} "
                    "lists those it has",
                    endpoint, name, endpoint));
  }
  return json_answer({{"key", key_json(endpoint, *key, subject.clock.wall())}});
}

http::Answer only(std::string_view method, const http::Request& request) {
  http::Answer refused =
      error_answer(405, "method_not_allowed",
                   fmt::format("{} takes {}, not {}", request.path(), method, request.method));
  refused.headers.push_back({"allow", std::string(method)});
  return refused;
}

std::optional<http::Answer> page(const Segments& path, std::string_view query,
                                 const Subject& subject) {
  if (path.empty()) return index_page();
  if (path == Segments{"healthz"}) return json_answer({{"status", "ok"}});
  if (path == Segments{"readyz"}) return readiness(subject);
  if (path == Segments{"api", "v1", "endpoints"}) return endpoints(subject);
  if (path == Segments{"api", "v1", "keys"}) return keys(subject, query);
  return std::nullopt;
}

http::Answer routed(const http::Request& request, const Subject& subject) {
  const auto path = path_segments(request.path());
  if (!path) return error_answer(400, "bad_request", "the path holds a broken %-escape");

  if (path->size() == 6 && (*path)[0] == "api" && (*path)[1] == "v1" && (*path)[2] == "keys") {
    if (request.method != "POST") return only("POST", request);
    return change_key(subject, (*path)[3], (*path)[4], (*path)[5]);
  }

  const auto shown = page(*path, request.query(), subject);
  if (!shown) {
    return error_answer(404, "not_found",
                        fmt::format("there is no {}; GET / lists what there is", request.path()));
  }
  return request.method == "GET" ? *shown : only("GET", request);
}

}  // namespace

http::Answer answer(const http::Request& request, const Subject& subject) {
  auto refused = refusal(request, subject.config.admin);
  http::Answer answer = refused ? std::move(*refused) : routed(request, subject);
  answer.headers.push_back({"cache-control", "no-store"});
  answer.headers.push_back({"x-content-type-options", "nosniff"});
  answer.headers.push_back(
      {"content-security-policy", "default-src 'none'; frame-ancestors 'none'"});
  return answer;
}

}  // namespace keypool::admin
