#include "provider/probe.h"

#include <algorithm>

#include <simdjson.h>

#include "provider/known.h"

namespace keypool::provider {

namespace {

namespace dom = simdjson::dom;

constexpr http::Header kAnthropicVersion[] = {{"anthropic-version", "2023-06-01"}};

struct OwnProbe {
  std::string_view endpoint;
  Probe probe;
};

// Providers that have something better than a list of models.
constexpr OwnProbe kOwnProbes[] = {
    {"openrouter", {"GET", "/v1/key"}},
    {"deepseek", {"GET", "/user/balance"}},
    {"cohere", {"POST", "/v1/check-api-key"}},
};

Verdict refused(VerdictKind kind, std::string_view reason) {
  return {.kind = kind, .retry_after = {}, .reason = std::string(reason)};
}

}  // namespace

std::optional<Probe> probe_of(Dialect dialect, std::string_view host) noexcept {
  if (const KnownProvider* const known = known_provider_at(host)) {
    const auto own =
        std::find_if(std::begin(kOwnProbes), std::end(kOwnProbes),
                     [&](const OwnProbe& one) { return one.endpoint == known->endpoint; });
    if (own != std::end(kOwnProbes)) return own->probe;
  }
  switch (dialect) {
    case Dialect::openai:
      return Probe{"GET", "/v1/models"};
    case Dialect::anthropic:
      return Probe{"GET", "/v1/models?limit=1", kAnthropicVersion};
    case Dialect::gemini:
      return Probe{"GET", "/v1beta/models?pageSize=1"};
    case Dialect::azure_openai:
      return Probe{"GET", "/openai/models?api-version=2024-10-21"};
    case Dialect::generic:
      return std::nullopt;
  }
  return std::nullopt;
}

Verdict judge_probe(Dialect dialect, std::string_view host, const AnswerHead& head,
                    std::string_view body, WallTime wall) {
  Verdict verdict = judge(dialect, head, body, wall);
  const KnownProvider* const known = known_provider_at(host);
  if (verdict.kind != VerdictKind::success || known == nullptr) return verdict;

  dom::parser parser;
  dom::element answer;
  body = body.substr(0, kJudgedBodyBytes);
  if (parser.parse(body.data(), body.size()).get(answer) != simdjson::SUCCESS) return verdict;
  double remaining = 0;
  bool good = true;
  if (known->endpoint == "openrouter" &&
      answer["data"]["limit_remaining"].get(remaining) == simdjson::SUCCESS && remaining <= 0) {
    return refused(VerdictKind::bad_key, "the key's own spending limit");
  }
  if (known->endpoint == "deepseek" && answer["is_available"].get(good) == simdjson::SUCCESS &&
      !good) {
    return refused(VerdictKind::depleted, "no credit left");
  }
  if (known->endpoint == "cohere" && answer["valid"].get(good) == simdjson::SUCCESS && !good) {
    return refused(VerdictKind::bad_key, "key refused");
  }
  return verdict;
}

}  // namespace keypool::provider
