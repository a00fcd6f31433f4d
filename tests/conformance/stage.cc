#include "tests/conformance/stage.h"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace keypool::conformance {
namespace {

constexpr const char* kEndpoint = "lab";

lab::Scenario with_keys(lab::Scenario scenario) {
  if (!scenario.keys.empty()) return scenario;
  scenario.keys = {{.name = "a", .secret = "sk-lab-a", .organization = "team"},
                   {.name = "twin", .secret = "sk-lab-twin", .organization = "team"},
                   {.name = "b", .secret = "sk-lab-b", .organization = "other"}};
  return scenario;
}

http::Field credential(Dialect dialect) {
  const auto place = provider::credential_place(dialect);
  return {std::string(place.header), std::string(place.prefix) + "sk-lab-a"};
}

}  // namespace

http::Fetch question(Dialect dialect, Ask ask, std::string_view model) {
  const bool stream = ask == Ask::stream;
  const std::string_view messages = R"("messages":[{"role":"user","content":"12345678"}])";
  const std::string_view more =
      stream ? R"(,"stream":true,"stream_options":{"include_usage":true})" : "";
  http::Fetch fetch{.method = "POST"};
  fetch.headers.push_back({"content-type", "application/json"});
  switch (dialect) {
    case Dialect::openai:
    case Dialect::generic:
      fetch.target = "/v1/chat/completions";
      fetch.body = fmt::format(R"({{"model":"{}",{}{}}})", model, messages, more);
      break;
    case Dialect::azure_openai:
      fetch.target =
          fmt::format("/openai/deployments/{}/chat/completions?api-version=2025-01-01", model);
      fetch.body = fmt::format("{{{}{}}}", messages, more);
      break;
    case Dialect::anthropic:
      fetch.target = "/v1/messages";
      fetch.headers.push_back({"anthropic-version", "2023-06-01"});
      fetch.body = fmt::format(R"({{"model":"{}","max_tokens":100,{}{}}})", model, messages,
                               stream ? R"(,"stream":true)" : "");
      break;
    case Dialect::gemini:
      fetch.target = fmt::format("/v1beta/models/{}:{}", model,
                                 stream ? "streamGenerateContent?alt=sse" : "generateContent");
      fetch.body = R"({"contents":[{"parts":[{"text":"12345678"}]}]})";
      break;
  }
  return fetch;
}

Dialect dialect_of(std::string_view known) {
  if (known.starts_with("anthropic.")) return Dialect::anthropic;
  if (known.starts_with("gemini.")) return Dialect::gemini;
  if (known.starts_with("azure.")) return Dialect::azure_openai;
  return Dialect::openai;
}

http::Fetch question_for(std::string_view known) {
  const bool stream = known.find("stream") != known.npos;
  auto fetch = question(dialect_of(known), stream ? Ask::stream : Ask::plain);
  if (known == "gemini.array_stream") {
    fetch.target = fetch.target.substr(0, fetch.target.find('?'));
  } else if (known.starts_with("ollama.")) {
    fetch.target = "/api/chat";
  } else if (known.find("response_stream") != known.npos) {
    fetch.target = "/v1/responses";
    fetch.body = R"({"model":"lab-model","input":"12345678","stream":true})";
  }
  return fetch;
}

Stage::Stage(Setup setup)
    : dialect_(setup.dialect),
      provider_(with_keys(std::move(setup.scenario)), setup.clock ? *setup.clock : system_clock()),
      pool_(std::make_unique<KeyPool>()) {
  if (const auto started = provider_.start(); !started) throw std::runtime_error(started.error());
  for (const auto& seen : provider_.observed().keys) {
    const bool of_team = seen.name == "a" || seen.name == "twin";
    pool_->add_key(kEndpoint, {.name = seen.name,
                               .secret = Secret("sk-lab-" + seen.name),
                               .group = of_team ? "team" : seen.name});
  }
  pool_->configure_endpoint(kEndpoint, {.policy = setup.policy});

  config::Config config;
  config.listen = {"127.0.0.1", 0};
  config.threads = 1;
  config.limits.first_byte_time = setup.first_byte_time;
  config::Endpoint endpoint;
  endpoint.name = kEndpoint;
  endpoint.base_url.host = "127.0.0.1";
  endpoint.base_url.port = provider_.port();
  endpoint.dialect = dialect_;
  endpoint.max_wait = setup.max_wait;
  endpoint.attempts = setup.attempts;
  config.endpoints.push_back(endpoint);
  gateway_ = std::make_unique<gateway::Gateway>(config, *pool_);
  if (const auto started = gateway_->start(); !started) throw std::runtime_error(started.error());
}

std::expected<http::Answer, http::FetchError> Stage::try_call(http::Fetch fetch) const {
  fetch.port = gateway_->port();
  fetch.target = std::string("/") + kEndpoint + fetch.target;
  return http::fetch(std::move(fetch));
}

http::Answer Stage::call(http::Fetch fetch) const {
  auto answer = try_call(std::move(fetch));
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(http::Answer{.status = 0});
}

std::expected<http::Answer, http::FetchError> Stage::call_directly(http::Fetch fetch) const {
  fetch.port = provider_.port();
  fetch.headers.push_back(credential(dialect_));
  return http::fetch(std::move(fetch));
}

KeyStats Stage::key(std::string_view name) const {
  const auto stats = pool_->stats(kEndpoint);
  return *std::ranges::find(stats, name, &KeyStats::name);
}

std::optional<LaneStats> Stage::resting_lane(std::string_view key) const {
  for (const LaneStats& lane : pool_->lanes(kEndpoint)) {
    const bool of_key = std::ranges::find(lane.keys, key) != lane.keys.end();
    if (of_key && lane.model == kModel && lane.resting) return lane;
  }
  return std::nullopt;
}

lab::ObservedKey Stage::observed(std::string_view key) const {
  const auto seen = provider_.observed();
  return *std::ranges::find(seen.keys, key, &lab::ObservedKey::name);
}

bool Stage::idle() const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  const auto busy = [this] {
    const auto stats = pool_->stats(kEndpoint);
    return gateway_->in_flight() > 0 ||
           std::ranges::any_of(stats, [](const KeyStats& key) { return key.in_flight > 0; });
  };
  while (busy()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

lab::Fault says(std::string_view known, std::string_view keys) {
  const lab::KnownAnswer* answer = lab::known_answer(known);
  if (!answer) throw std::runtime_error(fmt::format("nobody says {}", known));
  lab::Fault fault{.keys = std::string(keys), .models = std::string(kModel)};
  lab::say(*answer, fault);
  return fault;
}

}  // namespace keypool::conformance
