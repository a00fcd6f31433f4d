// docs/providers.md, "Adding a provider": one that nobody has heard of works by its base URL and
// the dialect `openai` alone, with what the configuration says of its prices.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "provider/call.h"
#include "provider/include_usage.h"
#include "provider/known.h"
#include "provider/limit_headers.h"
#include "provider/prices.h"
#include "provider/probe.h"
#include "provider/sticky.h"
#include "provider/usage.h"
#include "provider/verdict.h"

namespace keypool::provider {
namespace {

constexpr std::string_view kHost = "api.acme-models.example";
constexpr Dialect kDialect = Dialect::openai;
constexpr WallTime kNow{std::chrono::seconds(1'795'435'200)};

TEST(NewProvider, IsUnknown) { EXPECT_EQ(known_provider_at(kHost), nullptr); }

TEST(NewProvider, TakesTheKeyAsABearer) {
  EXPECT_EQ(credential_place(kDialect, "/v1/chat/completions").header, "authorization");
  EXPECT_EQ(credential_place(kDialect, "/v1/chat/completions").prefix, "Bearer ");
}

TEST(NewProvider, IsReadLikeOpenai) {
  const Call call = read_call(kDialect, "/v1/chat/completions", "application/json",
                              R"({"model":"acme-1","messages":[],"stream":true})");

  EXPECT_EQ(call.model, "acme-1");
  EXPECT_TRUE(call.stream);
  EXPECT_TRUE(may_ask_for_usage(kDialect, kHost, "/v1/chat/completions"));
}

TEST(NewProvider, IsJudgedByItsRefusals) {
  const http::Header headers[] = {{"x-ratelimit-limit-requests", "60"},
                                  {"x-ratelimit-remaining-requests", "0"},
                                  {"x-ratelimit-reset-requests", "7s"}};
  const Verdict verdict =
      judge(kDialect, {429, headers, kHost},
            R"({"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}})", kNow);

  EXPECT_EQ(verdict.kind, VerdictKind::throttled);
  EXPECT_EQ(verdict.retry_after, std::chrono::seconds(7));
  EXPECT_EQ(verdict.limit, Dimension::requests_per_minute);
  EXPECT_EQ(read_limit_headers(kDialect, headers).notices()[0].limit, 60u);
}

TEST(NewProvider, IsCountedAndPriced) {
  const auto tap = make_usage_tap(kDialect, "text/event-stream", "");
  tap->feed(
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100}}\n\n");
  const Usage usage = tap->finish();
  const std::vector<ModelPrice> prices{{"acme-1", {.input = 2'000'000, .output = 10'000'000}}};

  EXPECT_TRUE(usage.reported);
  EXPECT_EQ(cost_micro_usd({kHost, "acme-1", kNow}, usage), std::nullopt);
  EXPECT_EQ(cost_micro_usd({kHost, "acme-1", kNow}, usage, prices), 2000u + 1000u);
}

TEST(NewProvider, IsProbedAndKeepsItsFiles) {
  EXPECT_EQ(probe_of(kDialect, kHost)->target, "/v1/models");
  EXPECT_TRUE(is_collection_call(kDialect, "GET", "/v1/files"));
}

}  // namespace
}  // namespace keypool::provider
