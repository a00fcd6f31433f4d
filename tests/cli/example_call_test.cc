#include "cli/example_call.h"

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using provider::Dialect;

config::Endpoint endpoint(std::string name, Dialect dialect, std::string prefix = "") {
  config::Endpoint one;
  one.name = std::move(name);
  one.dialect = dialect;
  one.base_url.prefix = std::move(prefix);
  return one;
}

constexpr const char* kGateway = "http://127.0.0.1:8080";

TEST(ExampleCall, AsksForTheModelsAsTheDialectDoes) {
  EXPECT_EQ(example_call(kGateway, endpoint("openai", Dialect::openai)),
            "curl http://127.0.0.1:8080/openai/v1/models");
  EXPECT_EQ(example_call(kGateway, endpoint("claude", Dialect::anthropic)),
            "curl http://127.0.0.1:8080/claude/v1/models -H 'anthropic-version: 2023-06-01'");
  EXPECT_EQ(example_call(kGateway, endpoint("gemini", Dialect::gemini)),
            "curl 'http://127.0.0.1:8080/gemini/v1beta/models?pageSize=5'");
}

TEST(ExampleCall, DoesNotRepeatAVersionThatTheBaseUrlHolds) {
  EXPECT_EQ(example_call(kGateway, endpoint("own", Dialect::openai, "/api/v1")),
            "curl http://127.0.0.1:8080/own/models");
}

TEST(ExampleChat, IsOneLine) {
  const auto line = example_chat("http://127.0.0.1:8080/demo", "sk-demo");
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find("-H 'authorization: Bearer sk-demo'"), std::string::npos);
}

}  // namespace
}  // namespace keypool::cli
