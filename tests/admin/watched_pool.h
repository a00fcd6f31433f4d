#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/key_pool.h>

#include "admin/api.h"
#include "admin/subject.h"
#include "config/config.h"
#include "state/ledger.h"
#include "state/usage.h"

namespace keypool::admin {

/// A secret that no answer of the API may ever hold.
inline constexpr const char* kMarker = "sk-marker-9f3c";

/// A configuration of three endpoints: `openai` with two keys, `empty` without one, and the keyless
/// `local`; and what the admin room asks about them.
struct WatchedPool {
  config::Config config;
  KeyPool pool;
  Traffic traffic;
  state::Store store{{.folder = ":memory:"}};
  state::Ledger ledger{store, {.every = std::chrono::milliseconds(0)}};
  std::vector<state::CallRecord> calls;  ///< the newest first
  UsedBySeries used;
  state::CallQuestion asked;           ///< for calls, last
  std::optional<PlanOutcome> planned;  ///< nothing: another plan is being made
  bool stopping = false;
  std::vector<std::string> audited;

  WatchedPool() {
    config.admin = {"127.0.0.1", 0};
    config::Endpoint& openai = add_endpoint("openai", "api.openai.com");
    openai.dialect = provider::Dialect::openai;
    for (const char* name : {"OPENAI_API_KEY[0]", "OPENAI_API_KEY[1]"}) {
      openai.keys.emplace_back().name = name;
      pool.add_key("openai", {.name = name, .secret = Secret(kMarker)});
    }
    add_endpoint("empty", "api.example.com");
    add_endpoint("local", "model.internal").keyless = true;
  }

  [[nodiscard]] Subject subject(const Clock& clock = system_clock()) {
    return {.config = config,
            .pool = pool,
            .clock = clock,
            .traffic = [this] { return traffic; },
            .usage = [this](const state::UsageQuestion& question) -> UsageRows {
              if (!ledger.flush()) return std::unexpected(state::StoreError{});
              return state::usage(store, question);
            },
            .used = [this] { return used; },
            .calls =
                [this](const state::CallQuestion& question) {
                  asked = question;
                  auto newer = calls;
                  std::erase_if(newer, [&](const auto& call) { return call.id <= question.after; });
                  return newer;
                },
            .plan =
                [this](const PlanQuestion&, const std::function<void(PlanOutcome)>& then) {
                  if (!planned) return false;
                  then(*planned);
                  return true;
                },
            .stopping = [this] { return stopping; },
            .audit = [this](std::string_view line) { audited.emplace_back(line); }};
  }

  http::Answer ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    const std::vector<http::Header> headers{{"host", "localhost:8081"}};
    return answer({.method = method, .target = target, .headers = headers, .body = body},
                  subject());
  }

  /// Of so many keys, named `K0`, `K1`, ….
  void add_crowd(const std::string& name, std::size_t keys) {
    add_endpoint(name, "crowd.example.com");
    for (std::size_t i = 0; i < keys; ++i) {
      pool.add_key(name, {.name = "K" + std::to_string(i), .secret = Secret(kMarker)});
    }
  }

 private:
  config::Endpoint& add_endpoint(const std::string& name, const std::string& host) {
    config::Endpoint& endpoint = config.endpoints.emplace_back();
    endpoint.name = name;
    endpoint.base_url.tls = true;
    endpoint.base_url.host = host;
    endpoint.base_url.port = 443;
    return endpoint;
  }
};

}  // namespace keypool::admin
