#include "admin/config_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

TEST(ConfigJson, ShowsDefaultsToo) {
  const auto shown = config_json(WatchedPool().config);
  EXPECT_EQ(shown["listen"], "127.0.0.1:8080");
  EXPECT_EQ(shown["endpoints"][0]["policy"], "headroom");
  EXPECT_EQ(shown["endpoints"][0]["affinity"], "off");
  EXPECT_EQ(shown["endpoints"][0]["cooldown_ms"], 60'000);
  EXPECT_EQ(shown["endpoints"][0]["keys"][0]["name"], "OPENAI_API_KEY[0]");
  EXPECT_EQ(shown["endpoints"][2]["keyless"], true);
}

TEST(ConfigJson, ShowsLimitsByTheNamesOfTheirDimensions) {
  config::Config config;
  auto& key = config.endpoints.emplace_back().keys.emplace_back();
  key.options.limits = {{.model = "gpt-*", .limits = {.most = {{500, 200'000, 0, 0, 0, 0}}}}};
  key.options.caps.micro_usd_per_day = 50'000'000;
  const auto shown = config_json(config)["endpoints"][0]["keys"][0];
  EXPECT_EQ(shown["limits"][0]["model"], "gpt-*");
  EXPECT_EQ(shown["limits"][0]["limits"],
            nlohmann::json({{"requests_per_minute", 500}, {"tokens_per_minute", 200'000}}));
  EXPECT_EQ(shown["usd_per_day"], 50);
}

TEST(ConfigJson, ShowsPricesInUsd) {
  config::Config config;
  config.prices = {{.model = "mine*", .price = {.input = 1'500'000, .output = 4'000'000}}};
  EXPECT_EQ(config_json(config)["prices"],
            nlohmann::json::parse(R"([{"model": "mine*", "input": 1.5, "output": 4.0}])"));
}

}  // namespace
}  // namespace keypool::admin
