// The tables themselves: every rule can match, and says what an operator may read.
#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "provider/known.h"
#include "provider/speech.h"

namespace keypool::provider {
namespace {

bool is_text(Clue clue) { return clue == Clue::text || clue == Clue::text_prefix; }

bool needs_value(Clue clue) {
  switch (clue) {
    case Clue::any:
    case Clue::limit_of_zero:
    case Clue::upstream_code:
    case Clue::not_json:
    case Clue::streamed_refusal:
      return false;
    case Clue::code:
    case Clue::code_prefix:
    case Clue::type:
    case Clue::label:
    case Clue::text:
    case Clue::text_prefix:
    case Clue::quota_id:
      return true;
  }
  return false;
}

bool is_known(std::string_view endpoint) {
  return std::any_of(known_providers().begin(), known_providers().end(),
                     [&](const KnownProvider& known) { return known.endpoint == endpoint; });
}

bool is_lower(std::string_view text) {
  return text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

TEST(Rules, AreWellFormed) {
  for (const Dialect dialect : {Dialect::openai, Dialect::anthropic, Dialect::gemini,
                                Dialect::azure_openai, Dialect::generic}) {
    for (const Rule& rule : speech_of(dialect).rules) {
      SCOPED_TRACE(std::string(to_string(dialect)) + " " + std::string(rule.row) + " " +
                   std::string(rule.is));
      EXPECT_LE(rule.from, rule.to);
      EXPECT_EQ(rule.is.empty(), !needs_value(rule.clue));
      if (is_text(rule.clue)) {
        EXPECT_TRUE(is_lower(rule.is));
      }
      EXPECT_TRUE(is_lower(rule.also_text));
      EXPECT_FALSE(rule.reason.empty());
      EXPECT_LE(rule.reason.size(), 60u);
      EXPECT_FALSE(rule.row.empty());
      if (!rule.provider.empty()) {
        EXPECT_TRUE(is_known(rule.provider)) << rule.provider;
      }
      if (rule.rest == Rest::fallback) {
        EXPECT_GT(rule.fallback.count(), 0);
      }
    }
  }
}

}  // namespace
}  // namespace keypool::provider
