#include "cli/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using testing::HasSubstr;

config::Endpoint endpoint(std::string name, std::string host, bool keyless = false) {
  config::Endpoint one;
  one.name = std::move(name);
  one.base_url.tls = !keyless;
  one.base_url.host = std::move(host);
  one.base_url.port = keyless ? 11434 : 443;
  one.dialect = provider::Dialect::openai;
  one.keyless = keyless;
  return one;
}

config::ResolvedKey found(std::string endpoint, std::string name, std::size_t keys,
                          std::string origin) {
  return {.endpoint = std::move(endpoint),
          .name = std::move(name),
          .keys = keys,
          .origin = std::move(origin),
          .places = {}};
}

class Greeting : public testing::Test {
 protected:
  std::string text(std::size_t demo_keys = 0) {
    return greeting({.config = config_,
                     .keys = keys_,
                     .gateway_url = "http://127.0.0.1:8080",
                     .admin_url = "http://127.0.0.1:8081",
                     .demo_keys = demo_keys},
                    {});
  }

  config::Config config_;
  std::vector<config::ResolvedKey> keys_;
};

TEST_F(Greeting, AddsUpTheKeysOfAnEndpointAndNamesEachPlaceOnce) {
  config_.endpoints = {endpoint("openai", "api.openai.com")};
  keys_ = {found("openai", "A", 2, "environment"), found("openai", "B", 1, "environment"),
           found("openai", "C", 1, "file /run/secrets/c named by C_FILE")};
  EXPECT_THAT(text(), HasSubstr("openai       4  environment, file /run/secrets/c named by C_FILE  "
                                "https://api.openai.com"));
}

TEST_F(Greeting, ShowsAKeylessEndpointAsSuch) {
  config_.endpoints = {endpoint("ollama", "127.0.0.1", true)};
  EXPECT_THAT(text(), HasSubstr("needs none"));
  EXPECT_THAT(text(), HasSubstr("curl http://127.0.0.1:8080/ollama/v1/models"));
}

TEST_F(Greeting, SuggestsTheFirstEndpointThatCanBeCalled) {
  config_.endpoints = {endpoint("empty", "api.example.com"), endpoint("openai", "api.openai.com")};
  keys_ = {found("empty", "A", 0, ""), found("openai", "B", 1, "environment")};
  EXPECT_THAT(text(), HasSubstr("empty: no value for A"));
  EXPECT_THAT(text(), HasSubstr("curl http://127.0.0.1:8080/openai/v1/models"));
}

TEST_F(Greeting, SaysThatNothingCanBeCalled) {
  config_.endpoints = {endpoint("openai", "api.openai.com")};
  keys_ = {found("openai", "A", 0, "")};
  EXPECT_THAT(text(), HasSubstr("No endpoint has a key"));
  EXPECT_THAT(text(), Not(HasSubstr("curl")));
}

TEST_F(Greeting, OfTheDemoSaysWhereKeysWereLookedFor) {
  config_.endpoints = {endpoint("demo", "127.0.0.1")};
  EXPECT_THAT(text(3), HasSubstr("OPENAI_API_KEY ANTHROPIC_API_KEY"));
  EXPECT_THAT(text(3), HasSubstr("curl http://127.0.0.1:8080/demo/v1/chat/completions"));
}

}  // namespace
}  // namespace keypool::cli
