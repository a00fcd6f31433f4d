#include "provider/verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <fmt/format.h>

#include "provider/calendar.h"
#include "provider/error_facts.h"
#include "provider/inflate.h"
#include "provider/known.h"
#include "provider/limit_headers.h"
#include "provider/media_type.h"
#include "provider/named_limit.h"
#include "provider/phrase.h"
#include "provider/retry_hint.h"
#include "provider/rule.h"
#include "provider/speech.h"

namespace keypool::provider {

namespace {

using std::chrono::milliseconds;
using Kind = VerdictKind;

// What holds for every provider when its dialect has no rule of its own.
constexpr Rule kCommonRules[] = {
    {.row = "54",
     .clue = Clue::label,
     .is = "RESOURCE_EXHAUSTED",
     .kind = Kind::throttled,
     .reason = "rate limit"},
    {.row = "54", .clue = Clue::code, .is = "429", .kind = Kind::throttled, .reason = "rate limit"},
    {.row = "54",
     .from = 500,
     .clue = Clue::text,
     .is = "resource_exhausted",
     .kind = Kind::throttled,
     .reason = "rate limit"},
    {.row = "54",
     .from = 500,
     .clue = Clue::text,
     .is = R"("code":429)",
     .kind = Kind::throttled,
     .reason = "rate limit"},
    {.row = "54",
     .from = 500,
     .clue = Clue::text,
     .is = R"("code": 429)",
     .kind = Kind::throttled,
     .reason = "rate limit"},
    {.row = "44", .from = 429, .to = 429, .kind = Kind::throttled, .reason = "rate limit"},
    {.row = "11", .from = 401, .to = 401, .kind = Kind::bad_key, .reason = "key refused"},
    {.row = "23", .from = 402, .to = 402, .kind = Kind::depleted, .reason = "payment required"},
    {.row = "47", .from = 408, .to = 408, .kind = Kind::server_error, .reason = "timeout"},
    {.row = "47", .from = 504, .to = 504, .kind = Kind::server_error, .reason = "timeout"},
    {.row = "45", .from = 502, .to = 503, .kind = Kind::overloaded, .reason = "unavailable"},
    {.row = "45", .from = 520, .to = 530, .kind = Kind::overloaded, .reason = "overloaded"},
    {.row = "46", .from = 500, .to = 999, .kind = Kind::server_error, .reason = "server error"},
    {.row = "52",
     .from = 404,
     .to = 404,
     .kind = Kind::request_fault,
     .reason = "not found",
     .another_owner_may_serve = true},
    {.row = "48",
     .from = 409,
     .to = 409,
     .kind = Kind::request_fault,
     .reason = "conflict",
     .conflict = true},
    {.row = "53", .from = 400, .to = 499, .kind = Kind::request_fault, .reason = "request refused"},
};

constexpr std::array<std::pair<Kind, std::string_view>, 8> kKindNames{{
    {Kind::success, "success"},
    {Kind::throttled, "throttled"},
    {Kind::depleted, "depleted"},
    {Kind::bad_key, "bad_key"},
    {Kind::no_model_access, "no_model_access"},
    {Kind::overloaded, "overloaded"},
    {Kind::server_error, "server_error"},
    {Kind::request_fault, "request_fault"},
}};

struct Refusal {
  const AnswerHead& head;
  ErrorFacts facts;
};

bool tells_limit_of_zero(const Refusal& refusal) {
  if (refusal.facts.zero_quota) return true;
  return std::any_of(refusal.head.headers.begin(), refusal.head.headers.end(),
                     [](const http::Header& header) {
                       return describes_limits(header.name) && has_phrase(header.name, "-limit-") &&
                              trimmed(header.value) == "0";
                     });
}

bool is_event_stream(http::Headers headers) {
  const auto type = http::find(headers, "content-type");
  return type && http::same_name(media_type(*type), "text/event-stream");
}

bool matches(const Rule& rule, const Refusal& refusal) {
  const ErrorFacts& facts = refusal.facts;
  switch (rule.clue) {
    case Clue::any:
      return true;
    case Clue::code:
      return facts.code == rule.is;
    case Clue::code_prefix:
      return facts.code.starts_with(rule.is);
    case Clue::type:
      return facts.type == rule.is;
    case Clue::label:
      return facts.has_label(rule.is);
    case Clue::text:
      return facts.message.find(rule.is) != std::string::npos;
    case Clue::text_prefix:
      return facts.message.starts_with(rule.is);
    case Clue::quota_id:
      return std::any_of(
          facts.quota_ids.begin(), facts.quota_ids.end(),
          [&](const std::string& id) { return id.find(rule.is) != std::string::npos; });
    case Clue::limit_of_zero:
      return tells_limit_of_zero(refusal);
    case Clue::upstream_code:
      return facts.upstream_code;
    case Clue::not_json:
      return !facts.is_json;
    case Clue::streamed_refusal:
      return http::find(refusal.head.headers, "retry-after").has_value() &&
             is_event_stream(refusal.head.headers);
  }
  return false;
}

bool is_at(std::string_view provider, std::string_view host) {
  if (provider.empty()) return true;
  const KnownProvider* const known = known_provider_at(host);
  return known != nullptr && known->endpoint == provider;
}

const Rule* find_rule(std::span<const Rule> rules, const Refusal& refusal) {
  const int status = refusal.head.status;
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) {
    return status >= rule.from && status <= rule.to && is_at(rule.provider, refusal.head.host) &&
           matches(rule, refusal) &&
           (rule.also_text.empty() ||
            refusal.facts.message.find(rule.also_text) != std::string::npos);
  });
  return found == rules.end() ? nullptr : &*found;
}

std::optional<milliseconds> until(WallTime then, WallTime now) {
  return std::chrono::duration_cast<milliseconds>(then - now);
}

// When a key's own limit starts anew: a period, or a moment.
std::optional<milliseconds> limit_reset(const ErrorFacts& facts, WallTime wall) {
  const std::string_view reset = facts.limit_reset;
  if (reset == "daily") return until(next_utc_midnight(wall), wall);
  if (reset == "weekly") return until(next_utc_monday(wall), wall);
  if (reset == "monthly") return until(next_month(wall), wall);
  const auto moment = parse_reset(reset, wall);
  return moment && moment->count() > 0 ? moment : std::nullopt;
}

// Whether "retry after" is about what the verdict lets rest. An empty purse or a refused key is not
// mended in the seconds that some servers put on every 4xx.
bool follows_hints(Kind kind) {
  switch (kind) {
    case Kind::throttled:
    case Kind::overloaded:
    case Kind::server_error:
      return true;
    case Kind::success:
    case Kind::depleted:
    case Kind::bad_key:
    case Kind::no_model_access:
    case Kind::request_fault:
      return false;
  }
  return false;
}

// Whether the text is the provider's own, about an account's limit or credit. Others quote what the
// request said, and a client must not be able to name a key's account.
bool tells_account(const Rule& rule) {
  return rule.kind == Kind::throttled || rule.kind == Kind::depleted || rule.larger_lane_may_serve;
}

std::optional<milliseconds> rest_of(const Rule& rule, const Refusal& refusal, WallTime wall) {
  // A day's end is the provider's clock, not ours: a minute later is safe.
  constexpr milliseconds kAfterMidnight = std::chrono::minutes(1);
  // "Come back now" from a provider that just refused: soon, but not in a tight loop.
  constexpr milliseconds kSoon = std::chrono::seconds(1);
  const auto fallback =
      rule.fallback.count() > 0 ? std::optional(rule.fallback) : std::optional<milliseconds>();
  switch (rule.rest) {
    case Rest::hint: {
      if (!follows_hints(rule.kind)) return fallback;
      const auto hint = retry_hint(refusal.head.headers, refusal.facts, wall);
      if (!hint) return fallback;
      return hint->count() > 0 ? *hint : fallback.value_or(kSoon);
    }
    case Rest::fallback:
      return fallback;
    case Rest::named_date:
      if (const auto date = find_date(refusal.facts.message);
          date && *date > wall && *date <= wall + kLongestHint) {
        return until(*date, wall);
      }
      return until(next_month(wall), wall);
    case Rest::month_end:
      return until(next_month(wall), wall);
    case Rest::utc_midnight:
      return until(next_utc_midnight(wall) + kAfterMidnight, wall);
    case Rest::pacific_midnight:
      return until(next_pacific_midnight(wall) + kAfterMidnight, wall);
    case Rest::limit_reset:
      return limit_reset(refusal.facts, wall);
  }
  return std::nullopt;
}

Verdict judged(Dialect dialect, const Refusal& refusal, WallTime wall) {
  const Rule* rule = nullptr;
  for (const Speech* speech = &speech_of(dialect); rule == nullptr && speech != nullptr;
       speech = speech->like) {
    rule = find_rule(speech->rules, refusal);
  }
  if (rule == nullptr) rule = find_rule(kCommonRules, refusal);
  if (rule == nullptr) return {};
  const ToldLimits told = read_limit_headers(dialect, refusal.head.headers);
  return {.kind = rule->kind,
          .retry_after = rest_of(*rule, refusal, wall),
          .reason = std::string(rule->reason),
          .operator_only = rule->operator_only,
          .larger_lane_may_serve = rule->larger_lane_may_serve,
          .another_owner_may_serve = rule->another_owner_may_serve,
          .conflict = rule->conflict,
          .limit = rule->kind == Kind::throttled ? named_limit(refusal.facts, told.notices())
                                                 : std::nullopt,
          .asked = rule->asked,
          .account = told.account.empty() && tells_account(*rule) ? refusal.facts.organization
                                                                  : std::string()};
}

// The beginning of a body, without its content coding.
class Plain {
 public:
  Plain(http::Headers headers, std::string_view body) : text_(body.substr(0, kJudgedBodyBytes)) {
    const auto coding = trimmed(http::find(headers, "content-encoding").value_or(""));
    const bool coded = http::same_name(coding, "gzip") || http::same_name(coding, "x-gzip") ||
                       http::same_name(coding, "deflate");
    if (!coded) return;
    // In small steps, so that what swells is left as soon as it is enough.
    constexpr std::size_t kStep = 1024;
    Inflater inflater;
    for (std::string_view rest = text_; !rest.empty() && decoded_.size() < kJudgedBodyBytes;) {
      const std::string_view step = rest.substr(0, kStep);
      rest.remove_prefix(step.size());
      const auto keep = [this](std::string_view run) {
        decoded_.append(run.substr(0, kJudgedBodyBytes - decoded_.size()));
      };
      if (!inflater.feed(step, keep)) break;
    }
    text_ = decoded_;
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  std::string decoded_;
  std::string_view text_;
};

// The status that an error inside a stream would have had as an answer of its own.
int status_of(const ErrorFacts& facts) {
  struct Named {
    std::string_view name;
    int status;
  };
  constexpr Named kNamed[] = {
      {"overloaded_error", 529},
      {"rate_limit_error", 429},
      {"api_error", 500},
      {"timeout_error", 504},
      {"authentication_error", 401},
      {"permission_error", 403},
      {"invalid_request_error", 400},
      {"invalid_prompt", 400},
      {"not_found_error", 404},
      {"billing_error", 402},
      {"rate_limit_exceeded", 429},
      {"insufficient_quota", 429},
      {"too_many_requests", 429},
      {"provider_overloaded", 503},
      {"provider_unavailable", 502},
      {"authentication", 401},
      {"permission_denied", 403},
      {"payment_required", 402},
      {"context_length_exceeded", 400},
      {"invalid_request", 400},
      {"billing_hard_limit_reached", 429},
      {"server_is_overloaded", 503},
      {"slow_down", 503},
      {"not_found", 404},
      {"request_too_large", 413},
      {"payload_too_large", 413},
      {"unprocessable", 422},
      {"string_too_long", 400},
      {"max_tokens_exceeded", 400},
      {"token_limit_exceeded", 400},
      {"data_residency_mismatch", 400},
      {"vector_store_timeout", 504},
  };
  // OpenAI's codes for pictures that it cannot use are a dozen, all of the request's fault.
  constexpr std::string_view kAboutImages[] = {"invalid_image",     "invalid_base64_image",
                                               "unsupported_image", "image_",
                                               "empty_image",       "failed_to_download_image"};
  int status = 0;
  const char* const end = facts.code.data() + facts.code.size();
  if (const auto [last, error] = std::from_chars(facts.code.data(), end, status);
      error == std::errc{} && last == end && status >= 400 && status <= 599) {
    return status;
  }
  for (const Named& named : kNamed) {
    if (facts.has_label(named.name)) return named.status;
  }
  for (const std::string_view beginning : kAboutImages) {
    if (facts.code.starts_with(beginning)) return 400;
  }
  return 500;
}

}  // namespace

std::string_view to_string(VerdictKind kind) noexcept {
  for (const auto& [named, name] : kKindNames) {
    if (named == kind) return name;
  }
  return {};
}

bool needs_body(const AnswerHead& head) noexcept { return head.status >= 400; }

Verdict judge(Dialect dialect, const AnswerHead& head, std::string_view body, WallTime wall) {
  Refusal refusal{head, {}};
  if (needs_body(head)) {
    refusal.facts = read_error(Plain(head.headers, body).text());
    if (const auto type = http::find(head.headers, "x-amzn-errortype")) {  // Bedrock
      refusal.facts.labels.emplace_back(type->substr(0, type->find_first_of(":;")));
    }
  }
  return judged(dialect, refusal, wall);
}

std::optional<Verdict> judge_event(Dialect dialect, std::string_view data, WallTime wall,
                                   std::string_view host) {
  ErrorFacts facts = read_error(data.substr(0, kJudgedBodyBytes));
  if (!facts.is_json || !facts.is_error) return std::nullopt;
  const AnswerHead head{status_of(facts), {}, host};
  return judged(dialect, {head, std::move(facts)}, wall);
}

std::optional<Verdict> judge_whole(Dialect dialect, const AnswerHead& head, std::string_view body,
                                   WallTime wall) {
  const Plain plain(head.headers, body);
  if (plain.text().find(R"("error")") == std::string_view::npos) return std::nullopt;
  ErrorFacts facts = read_error(plain.text());
  const bool says_what = !facts.message.empty() || !facts.code.empty();
  if (!facts.is_json || !facts.is_error || !says_what) return std::nullopt;
  const AnswerHead as_error{status_of(facts), head.headers, head.host};
  return judged(dialect, {as_error, std::move(facts)}, wall);
}

}  // namespace keypool::provider
