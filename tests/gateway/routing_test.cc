#include "gateway/routing.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::gateway {
namespace {

using ::testing::HasSubstr;

config::Config two_endpoints() {
  config::Config config;
  config.endpoints.resize(2);
  config.endpoints[0].name = "openai";
  config.endpoints[1].name = "local";
  config.routes = {{"gpt-*", "openai"}, {"llama*", "local"}};
  return config;
}

TEST(Routing, GoesByNameThenByModel) {
  const auto config = two_endpoints();
  const struct {
    const char* name;
    const char* target;
    const char* model;
    std::size_t endpoint;
    const char* rest;
  } rows[] = {
      {"an endpoint's name", "/local/v1/models", "", 1, "/v1/models"},
      {"the query is kept", "/openai/v1/files?limit=2", "", 0, "/v1/files?limit=2"},
      {"a name beats the model", "/local/v1/chat/completions", "gpt-4.1", 1,
       "/v1/chat/completions"},
      {"the name alone", "/openai", "", 0, ""},
      {"the name and a slash", "/openai/", "", 0, "/"},
      {"the name and a query", "/openai?x=1", "", 0, "?x=1"},
      {"the first route that fits", "/v1/chat/completions", "gpt-4.1", 0, "/v1/chat/completions"},
      {"another route", "/v1/chat/completions", "llama3:8b", 1, "/v1/chat/completions"},
      {"dots in names are no traversal", "/openai/v1/..a/.b/c..", "", 0, "/v1/..a/.b/c.."},
      {"slashes behind the first segment", "/openai/v1//models", "", 0, "/v1//models"},
      {"dots in the query", "/openai/v1?path=/../..", "", 0, "/v1?path=/../.."},
  };
  for (const auto& row : rows) {
    const auto destination = route(config, row.target, row.model);
    ASSERT_TRUE(destination) << row.name << ": " << destination.error().message;
    EXPECT_EQ(destination->endpoint, row.endpoint) << row.name;
    EXPECT_EQ(destination->rest, row.rest) << row.name;
  }
}

TEST(Routing, TheOnlyEndpointServesWhatNoRouteNames) {
  config::Config config;
  config.endpoints.resize(1);
  config.endpoints[0].name = "openai";

  const auto destination = route(config, "/v1/models", "");

  ASSERT_TRUE(destination);
  EXPECT_EQ(destination->endpoint, 0u);
  EXPECT_EQ(destination->rest, "/v1/models");
}

TEST(Routing, AnUnknownEndpointIsToldWhichAreKnown) {
  const auto config = two_endpoints();
  for (const char* target : {"/nobody/v1/models", "/", "/V1/models", "/openai2/x", "//evil/x"}) {
    const auto destination = route(config, target, "");
    ASSERT_FALSE(destination) << target;
    EXPECT_EQ(destination.error().status, 404) << target;
    EXPECT_EQ(destination.error().code, "unknown_endpoint") << target;
    EXPECT_THAT(destination.error().message, HasSubstr("openai, local")) << target;
  }
}

TEST(Routing, AModelThatNoRouteFitsIsNamed) {
  const auto destination = route(two_endpoints(), "/v1/chat/completions", "claude-x");
  ASSERT_FALSE(destination);
  EXPECT_EQ(destination.error().status, 404);
  EXPECT_THAT(destination.error().message, HasSubstr("claude-x"));
}

TEST(Routing, NoPathLeavesTheBaseUrl) {
  const auto config = two_endpoints();
  for (const char* target :
       {"/openai/..", "/openai/../admin", "/openai/v1/../../admin", "/openai/v1/..",
        "/openai/%2e%2e/admin", "/openai/.%2E/admin", "/openai/%2e./admin", "/openai/a%2f..%2fb",
        "/openai/a%2F%2E%2e%2Fb", "/openai/a%5c..%5Cb", "/openai/..%2f", "/openai//evil.example/x",
        "/openai/%2fevil.example/x", "/openai/%5cevil.example/x", "/v1/../admin"}) {
    const auto destination = route(config, target, "gpt-4.1");
    ASSERT_FALSE(destination) << target;
    EXPECT_EQ(destination.error().status, 400) << target;
    EXPECT_EQ(destination.error().code, "bad_request") << target;
  }
}

TEST(Routing, OnlyPathsUnderV1NeedTheModel) {
  auto config = two_endpoints();
  EXPECT_TRUE(routed_by_model(config, "/v1/chat/completions"));
  EXPECT_TRUE(routed_by_model(config, "/v1?x"));
  EXPECT_FALSE(routed_by_model(config, "/openai/v1/chat/completions"));
  config.endpoints[1].name = "v1";
  EXPECT_FALSE(routed_by_model(config, "/v1/chat/completions"));
}

TEST(Pattern, AStarStandsForAnyRun) {
  const struct {
    const char* pattern;
    const char* text;
    bool fits;
  } rows[] = {
      {"*", "", true},
      {"*", "anything", true},
      {"gpt-*", "gpt-4.1", true},
      {"gpt-*", "gpt-", true},
      {"gpt-*", "gpt", false},
      {"gpt-4", "gpt-4", true},
      {"gpt-4", "gpt-41", false},
      {"*-mini", "gpt-4o-mini", true},
      {"*-mini", "gpt-mini-4o", false},
      {"a*b*c", "axxbyybzc", true},
      {"a*b*c", "axxcyyb", false},
      {"", "", true},
      {"", "a", false},
      {"**", "a", true},
      {"a.c", "abc", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(fits(row.pattern, row.text), row.fits) << row.pattern << " ~ " << row.text;
  }
}

TEST(Pattern, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "a*";
  EXPECT_FALSE(fits(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace keypool::gateway
