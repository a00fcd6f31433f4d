#include "admin/api.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/assets.h"
#include "admin/calls_answer.h"
#include "admin/config_json.h"
#include "admin/guard.h"
#include "admin/headroom.h"
#include "admin/json_answer.h"
#include "admin/key_commands.h"
#include "admin/key_json.h"
#include "admin/key_list.h"
#include "admin/key_settings.h"
#include "admin/known_endpoint.h"
#include "admin/metrics.h"
#include "admin/overview.h"
#include "admin/plan.h"
#include "admin/snapshot.h"
#include "admin/target.h"
#include "admin/token.h"
#include "admin/usage_answer.h"
#include "provider/dialect.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using Segments = std::vector<std::string>;

constexpr std::string_view kEventStream = "text/event-stream";

/// A request on its way to what answers it.
struct Call {
  const http::Request& request;
  const Subject& subject;
  Segments named;  ///< what stands in the path where the pattern has `{…}`, in order
};

http::Answer text_answer(std::string_view content_type, std::string body) {
  return {.status = 200,
          .headers = {{"content-type", std::string(content_type)}},
          .body = std::move(body)};
}

std::string listing() {
  std::string lines = "keypool " KEYPOOL_VERSION " admin\n\n";
  for (const Endpoint& endpoint : api()) {
    lines += fmt::format("{:<4} {:<40} {}\n", endpoint.method, endpoint.path, endpoint.what);
  }
  return lines + "\nIn a browser this page is the dashboard. On a terminal: keypool status\n";
}

// A browser gets the dashboard; `curl` gets something to read.
http::Answer front_page(const Call& call) {
  const auto accept = call.request.header("accept");
  if (accept && accept->find("text/html") != std::string_view::npos) {
    return asset_answer("index.html");
  }
  return text_answer("text/plain; charset=utf-8", listing());
}

http::Answer file(const Call& call) { return asset_answer(call.named[0]); }

http::Answer health(const Call&) { return json_answer({{"status", "ok"}}); }

http::Answer readiness(const Call& call) {
  const auto not_ready = [](std::string_view why) {
    return json_answer({{"status", "not ready"}, {"reason", why}}, 503);
  };
  const Subject& subject = call.subject;
  if (subject.stopping()) return not_ready("the gateway is stopping");
  const bool any = std::ranges::any_of(subject.config.endpoints, [&](const auto& endpoint) {
    return endpoint.keyless || subject.pool.available_keys(endpoint.name) > 0;
  });
  if (!any) return not_ready("no endpoint has a key that may be used now");
  return json_answer({{"status", "ready"}});
}

http::Answer metrics(const Call& call) {
  return text_answer("text/plain; version=0.0.4; charset=utf-8",
                     metrics_text(take_snapshot(call.subject), call.subject.used()));
}

http::Answer show_overview(const Call& call) {
  return json_answer(overview(take_snapshot(call.subject), call.subject.config));
}

http::Answer endpoints(const Call& call) {
  const Subject& subject = call.subject;
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

http::Answer keys(const Call& call) {
  const auto query = read_key_query(call.request.query());
  if (!query) return error_answer(400, "bad_request", query.error());
  if (!query->endpoint.empty() && !known_endpoint(call.subject, query->endpoint)) {
    return unknown_endpoint(call.subject, query->endpoint);
  }
  return text_answer("application/json", key_list(call.subject, *query));
}

http::Answer one_key(const Call& call) {
  const auto& [request, subject, named] = call;
  const std::string& endpoint = named[0];
  const std::string& name = named[1];
  if (!known_endpoint(subject, endpoint)) return unknown_endpoint(subject, endpoint);
  const auto stats = subject.pool.stats(endpoint);
  const auto key = std::ranges::find(stats, name, &KeyStats::name);
  if (key == stats.end()) {
    return error_answer(404, "unknown_key",
                        fmt::format("endpoint \"{}\" has no key \"{}\"", endpoint, name));
  }
  const WallTime now = subject.clock.wall();
  auto lanes = subject.pool.lanes(endpoint);
  std::erase_if(lanes, [&](const LaneStats& lane) {
    return std::ranges::find(lane.keys, name) == lane.keys.end();
  });
  json list = json::array();
  for (const LaneStats& lane : lanes) list.push_back(lane_json(lane, now));
  return json_answer({{"key", key_json(endpoint, *key, find(headroom_of(lanes), name), now)},
                      {"lanes", std::move(list)}});
}

http::Answer lanes(const Call& call) {
  const Subject& subject = call.subject;
  const auto endpoint = query_value(call.request.query(), "endpoint");
  if (!endpoint) return error_answer(400, "bad_request", "expected ?endpoint=NAME");
  if (!known_endpoint(subject, *endpoint)) return unknown_endpoint(subject, *endpoint);
  const WallTime now = subject.clock.wall();
  json list = json::array();
  for (const LaneStats& lane : subject.pool.lanes(*endpoint)) list.push_back(lane_json(lane, now));
  return json_answer({{"endpoint", *endpoint}, {"lanes", std::move(list)}});
}

http::Answer usage(const Call& call) { return usage_answer(call.subject, call.request.query()); }

http::Answer calls(const Call& call) { return calls_answer(call.subject, call.request.query()); }

http::Answer plan(const Call& call) {
  const auto question = read_plan_question(call.request.query());
  if (!question) return error_answer(400, "bad_request", question.error());
  if (!known_endpoint(call.subject, question->endpoint)) {
    return unknown_endpoint(call.subject, question->endpoint);
  }
  return {.status = 202, .headers = {{"content-type", "application/json"}}, .body = {}};
}

http::Answer configuration(const Call& call) {
  return json_answer(config_json(call.subject.config));
}

http::Answer description(const Call&) { return asset_answer("openapi.json"); }

http::Answer events(const Call&) { return text_answer(kEventStream, "retry: 1000\n\n"); }

http::Answer unknown_command(std::string_view name) {
  return error_answer(
      404, "not_found",
      fmt::format("a key can be told to enable, disable, drain, reset or probe, not \"{}\"", name));
}

http::Answer change_key(const Call& call) {
  const auto command = key_command(call.named[2]);
  if (!command) return unknown_command(call.named[2]);
  return tell_key(call.subject, call.named[0], call.named[1], *command);
}

http::Answer reload(const Call& call) {
  call.subject.audit("reload");
  return {.status = 202, .headers = {}, .body = {}};
}

http::Answer change_keys(const Call& call) {
  const auto command = key_command(call.named[0]);
  if (!command) return unknown_command(call.named[0]);
  return tell_keys(call.subject, call.request.body, *command);
}

http::Answer add_keys(const Call& call) { return add_key(call.subject, call.request.body); }

http::Answer weigh(const Call& call) {
  return set_weight(call.subject, call.named[0], call.named[1], call.request.body);
}

using Handle = http::Answer (*)(const Call&);

constexpr auto kApi = std::to_array<Endpoint>({
    {"GET", "/", "the dashboard"},
    {"GET", "/assets/{file}", "its parts"},
    {"GET", "/healthz", "the process is alive"},
    {"GET", "/readyz", "a call sent now could be served"},
    {"GET", "/metrics", "numbers for Prometheus"},
    {"GET", "/api/v1/openapi.json", "this API, described for programs"},
    {"GET", "/api/v1/overview", "the numbers of the gateway and of each endpoint"},
    {"GET", "/api/v1/events", "the same each second, and the keys that changed (SSE)"},
    {"GET", "/api/v1/endpoints", "endpoints and how many keys each has"},
    {"GET", "/api/v1/keys", "keys: searched, filtered, sorted, by the page"},
    {"GET", "/api/v1/keys/{endpoint}/{name}", "one key and its lanes"},
    {"GET", "/api/v1/lanes", "?endpoint=NAME: limits and what is left of them"},
    {"GET", "/api/v1/usage",
     "calls, tokens and cost, from the ledger, by time and by what you ask"},
    {"GET", "/api/v1/calls", "the calls that ended last, with the tries of each"},
    {"GET", "/api/v1/plan", "?endpoint=NAME: how many keys the traffic of the ledger needs"},
    {"GET", "/api/v1/config", "the configuration in force"},
    {"POST", "/api/v1/keys", "add the keys that a name resolves to"},
    {"POST", "/api/v1/keys/{endpoint}/{name}/weight", "a key's share of the load"},
    {"POST", "/api/v1/keys/{endpoint}/{name}/{command}",
     "disable, enable, drain, reset or probe a key"},
    {"POST", "/api/v1/keys/{command}", "the same for several keys, or for all of an endpoint"},
    {"POST", "/api/v1/reload", "read the configuration and the keys anew"},
});

constexpr std::array<Handle, kApi.size()> kHandles{
    front_page, file,          health,   readiness, metrics,    description, show_overview,
    events,     endpoints,     keys,     one_key,   lanes,      usage,       calls,
    plan,       configuration, add_keys, weigh,     change_key, change_keys,
    reload};

/// What stands at the `{…}` of `pattern`; nothing when `path` is another.
std::optional<Segments> match(std::string_view pattern, const Segments& path) {
  Segments named;
  std::size_t at = 0;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const std::size_t slash = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, slash);
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
    if (at == path.size()) return std::nullopt;
    if (part.starts_with('{')) {
      named.push_back(path[at]);
    } else if (part != path[at]) {
      return std::nullopt;
    }
    ++at;
  }
  if (at != path.size()) return std::nullopt;
  return named;
}

http::Answer wrong_method(const http::Request& request, std::string_view allowed) {
  http::Answer refused =
      error_answer(405, "method_not_allowed",
                   fmt::format("{} takes {}, not {}", request.path(), allowed, request.method));
  refused.headers.push_back({"allow", std::string(allowed)});
  return refused;
}

http::Answer routed(const http::Request& request, const Subject& subject) {
  const auto path = path_segments(request.path());
  if (!path) return error_answer(400, "bad_request", "the path holds a broken %-escape");
  std::string allowed;
  for (std::size_t i = 0; i < kApi.size(); ++i) {
    auto named = match(kApi[i].path, *path);
    if (!named) continue;
    if (request.method == kApi[i].method) {
      return kHandles[i]({request, subject, std::move(*named)});
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(kApi[i].method);
  }
  if (!allowed.empty()) return wrong_method(request, allowed);
  return error_answer(404, "not_found",
                      fmt::format("there is no {}; GET / lists what there is", request.path()));
}

}  // namespace

std::span<const Endpoint> api() noexcept { return kApi; }

bool begins_plan(const http::Answer& answer) noexcept {
  return answer.status == 202 && answer.header("content-type") == "application/json";
}

bool begins_reload(const http::Answer& answer) noexcept {
  return answer.status == 202 && !answer.header("content-type");
}

bool begins_events(const http::Answer& answer) noexcept {
  return answer.status == 200 && answer.header("content-type") == kEventStream;
}

http::Answer answer(const http::Request& request, const Subject& subject) {
  auto refused = refusal(request, subject.config.admin);
  if (!refused) refused = refusal_without_token(request, subject.config.admin_token_hash);
  http::Answer answer = refused ? std::move(*refused) : routed(request, subject);
  for (http::Field& header : protective_headers()) answer.headers.push_back(std::move(header));
  return answer;
}

}  // namespace keypool::admin
