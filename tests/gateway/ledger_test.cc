// What of each try stands in the ledger.
#include "state/ledger.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "state/usage.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using state::By;
using state::Figure;

/// A ledger in memory, written when it is asked.
class Books {
 public:
  [[nodiscard]] GatewayParts parts() { return {.ledger = &ledger_}; }

  /// One row a key.
  [[nodiscard]] std::vector<state::UsageRow> rows() {
    EXPECT_TRUE(ledger_.flush());
    auto rows = state::usage(store_, {.by = {By::key, By::model}});
    EXPECT_TRUE(rows.has_value());
    return rows ? *rows : std::vector<state::UsageRow>{};
  }

 private:
  state::Store store_{{.folder = ":memory:"}};
  state::Ledger ledger_{store_, {.every = std::chrono::milliseconds{0}}};
};

TEST(Ledger, HoldsWhatACallUsedByKeyAndModel) {
  ScriptedUpstream upstream(
      always(json_answer(200, R"({"usage":{"prompt_tokens":12,"completion_tokens":5,
               "prompt_tokens_details":{"cached_tokens":4}}})")));
  Books books;
  RunningGateway gateway(upstream.port(), {.parts = books.parts()});

  gateway.call(kChat);
  gateway.call(kChat);

  ASSERT_TRUE(gateway.idle());
  const auto rows = books.rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].labels, (std::vector<std::string>{"openai/K0", "m"}));
  EXPECT_EQ(rows[0].figures[Figure::succeeded], 2u);
  EXPECT_EQ(rows[0].figures[Figure::input_tokens], 24u);
  EXPECT_EQ(rows[0].figures[Figure::cached_tokens], 8u);
  EXPECT_EQ(rows[0].figures[Figure::output_tokens], 10u);
  EXPECT_EQ(rows[0].figures[Figure::estimated], 0u);
}

TEST(Ledger, HoldsHowEachTryEnded) {
  const struct {
    const char* name;
    int status;
    Figure end;
  } rows[] = {
      {"a rate limit", 429, Figure::rate_limited},
      {"a bad key", 401, Figure::refused},
      {"a bad request", 400, Figure::refused},
      {"a server's error", 500, Figure::failed},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream(always(json_answer(row.status, "{}")));
    Books books;
    RunningGateway gateway(
        upstream.port(),
        {.configure = [](config::Config& config) { config.endpoints.front().attempts = 1; },
         .parts = books.parts()});

    gateway.call(kChat);

    ASSERT_TRUE(gateway.idle()) << row.name;
    const auto tries = books.rows();
    ASSERT_EQ(tries.size(), 1u) << row.name;
    EXPECT_EQ(tries[0].figures[row.end], 1u) << row.name;
    EXPECT_EQ(tries[0].figures.requests(), 1u) << row.name;
  }
}

}  // namespace
}  // namespace keypool::gateway::testing
