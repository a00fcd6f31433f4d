#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "provider/known.h"
#include "tests/config/fake_secrets.h"

namespace keypool::config {
namespace {

using testing::Contains;
using testing::HasSubstr;

bool nothing_answers(const std::string&, std::uint16_t) { return false; }

const Endpoint* endpoint(const ZeroConfig& zero, std::string_view name) {
  for (const Endpoint& each : zero.config.endpoints) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

TEST(ZeroConfig, MakesAnEndpointForEachVariableThatResolves) {
  const test::FakeSecrets secrets({{"OPENAI_API_KEY", "sk-1,sk-2"}, {"ANTHROPIC_API_KEY", "sk-3"}});

  const auto zero = zero_config(secrets, nothing_answers);

  ASSERT_EQ(zero.config.endpoints.size(), 2u);
  const Endpoint* openai = endpoint(zero, "openai");
  ASSERT_NE(openai, nullptr);
  EXPECT_EQ(openai->base_url.text(), "https://api.openai.com");
  EXPECT_EQ(openai->dialect, provider::Dialect::openai);
  ASSERT_EQ(openai->keys.size(), 1u);
  EXPECT_EQ(openai->keys[0].name, "OPENAI_API_KEY");
  EXPECT_NE(endpoint(zero, "anthropic"), nullptr);
  EXPECT_TRUE(zero.config.file.empty());
}

TEST(ZeroConfig, MakesAKeylessEndpointForAModelServerThatAnswers) {
  const auto zero =
      zero_config(test::FakeSecrets({}), [](const std::string& host, std::uint16_t port) {
        return host == "127.0.0.1" && port == 11434;
      });

  ASSERT_EQ(zero.config.endpoints.size(), 1u);
  EXPECT_EQ(zero.config.endpoints[0].name, "ollama");
  EXPECT_TRUE(zero.config.endpoints[0].keyless);
  EXPECT_TRUE(zero.config.endpoints[0].keys.empty());
}

TEST(ZeroConfig, TellsEveryPlaceItLookedAt) {
  const auto zero = zero_config(test::FakeSecrets({}), nothing_answers);

  EXPECT_TRUE(zero.config.endpoints.empty());
  EXPECT_EQ(zero.looked_at.size(), provider::known_providers().size());
  EXPECT_THAT(zero.looked_at, Contains("OPENAI_API_KEY in memory: not there"));
  EXPECT_THAT(zero.looked_at, Contains(HasSubstr("127.0.0.1:11434: no answer")));
}

TEST(ZeroConfig, EveryKnownProviderMakesAnEndpoint) {
  std::map<std::string, std::string, std::less<>> values;
  for (const auto& known : provider::known_providers()) {
    if (!known.variable.empty()) values.emplace(known.variable, "sk-1");
  }

  const auto zero = zero_config(test::FakeSecrets(values),
                                [](const std::string&, std::uint16_t) { return true; });

  EXPECT_TRUE(zero.looked_at.empty());
  for (const auto& known : provider::known_providers()) {
    const Endpoint* made = endpoint(zero, known.endpoint);
    ASSERT_NE(made, nullptr) << known.endpoint;
    EXPECT_EQ(made->dialect, known.dialect);
    EXPECT_EQ(made->keyless, known.variable.empty());
  }
}

}  // namespace
}  // namespace keypool::config
