#include "provider/named_limit.h"

#include <algorithm>
#include <string_view>

#include "provider/error_facts.h"

namespace keypool::provider {

namespace {

struct Named {
  std::string_view phrase;
  Dimension dimension;
};

// The longer periods first: where several are named, the longest must pass. Of two phrases where
// one holds the other, the longer comes first.
constexpr Named kQuotaIds[] = {
    {"RequestsPerDay", Dimension::requests_per_day},
    {"TokensPerDay", Dimension::tokens_per_day},
    {"TokensPerModelPerDay", Dimension::tokens_per_day},
    {"InputTokensPerModelPerMinute", Dimension::input_tokens_per_minute},
    {"InputTokensPerMinute", Dimension::input_tokens_per_minute},
    {"OutputTokensPerModelPerMinute", Dimension::output_tokens_per_minute},
    {"OutputTokensPerMinute", Dimension::output_tokens_per_minute},
    {"TokensPerMinute", Dimension::tokens_per_minute},
    {"RequestsPerMinute", Dimension::requests_per_minute},
};

constexpr Named kPhrases[] = {
    {"requests per day", Dimension::requests_per_day},
    {"tokens per day", Dimension::tokens_per_day},
    {"tokens has exceeded your daily", Dimension::tokens_per_day},  // Anthropic, older
    {"requests has exceeded your daily", Dimension::requests_per_day},
    {"input tokens per min", Dimension::input_tokens_per_minute},
    {"(itpm)", Dimension::input_tokens_per_minute},
    {"output tokens per min", Dimension::output_tokens_per_minute},
    {"(otpm)", Dimension::output_tokens_per_minute},
    {"tokens per min", Dimension::tokens_per_minute},
    {"requests per min", Dimension::requests_per_minute},
    {"calls / minute", Dimension::requests_per_minute},  // Cohere
    {"request tokens has exceeded your per-minute", Dimension::input_tokens_per_minute},
    {"tokens has exceeded your per-minute", Dimension::tokens_per_minute},
    {"requests has exceeded your per-minute", Dimension::requests_per_minute},
};

bool counts_requests(Dimension dimension) noexcept {
  return dimension == Dimension::requests_per_minute || dimension == Dimension::requests_per_day;
}

// Whether the error's type, where it says what is counted, agrees.
bool agrees(std::string_view type, Dimension dimension) noexcept {
  if (type == "requests") return counts_requests(dimension);
  if (type == "tokens") return !counts_requests(dimension);
  return true;
}

std::optional<Dimension> in_quota_ids(const ErrorFacts& facts) noexcept {
  for (const Named& named : kQuotaIds) {
    for (const std::string& id : facts.quota_ids) {
      if (id.find(named.phrase) != std::string::npos) return named.dimension;
    }
  }
  return std::nullopt;
}

std::optional<Dimension> in_text(const ErrorFacts& facts) noexcept {
  for (const Named& named : kPhrases) {
    if (agrees(facts.type, named.dimension) &&
        facts.message.find(named.phrase) != std::string::npos) {
      return named.dimension;
    }
  }
  return std::nullopt;
}

std::optional<Dimension> used_up(std::span<const LimitNotice> notices) noexcept {
  const auto is_used_up = [](const LimitNotice& notice) { return notice.remaining == 0u; };
  const auto first = std::find_if(notices.begin(), notices.end(), is_used_up);
  if (first == notices.end() || std::any_of(first + 1, notices.end(), is_used_up)) {
    return std::nullopt;
  }
  return first->dimension;
}

}  // namespace

std::optional<Dimension> named_limit(const ErrorFacts& facts,
                                     std::span<const LimitNotice> notices) noexcept {
  if (const auto limit = in_quota_ids(facts)) return limit;
  if (const auto limit = in_text(facts)) return limit;
  return used_up(notices);
}

}  // namespace keypool::provider
