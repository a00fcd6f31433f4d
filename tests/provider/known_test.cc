// The providers that are found without a configuration.
#include "provider/known.h"

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace keypool::provider {
namespace {

TEST(KnownProviders, EachVariableOnce) {
  std::set<std::string_view> variables;
  for (const KnownProvider& known : known_providers()) {
    if (known.variable.empty()) continue;
    EXPECT_TRUE(variables.insert(known.variable).second) << known.variable;
    EXPECT_TRUE(known.variable.ends_with("_API_KEY")) << known.variable;
  }
  for (const auto* variable :
       {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "GROQ_API_KEY",
        "MISTRAL_API_KEY", "DEEPSEEK_API_KEY", "XAI_API_KEY", "OPENROUTER_API_KEY",
        "TOGETHER_API_KEY", "FIREWORKS_API_KEY", "COHERE_API_KEY", "CEREBRAS_API_KEY",
        "PERPLEXITY_API_KEY"}) {
    EXPECT_TRUE(variables.contains(variable)) << variable;
  }
}

TEST(KnownProviders, RowsOfOneEndpointAgree) {
  std::map<std::string_view, const KnownProvider*> first;
  for (const KnownProvider& known : known_providers()) {
    const auto [row, is_first] = first.emplace(known.endpoint, &known);
    if (is_first) continue;
    EXPECT_EQ(row->second->base_url, known.base_url) << known.endpoint;
    EXPECT_EQ(row->second->dialect, known.dialect) << known.endpoint;
  }
}

TEST(KnownProviders, BaseUrlsStandBeforeV1) {
  for (const KnownProvider& known : known_providers()) {
    EXPECT_FALSE(known.base_url.ends_with('/')) << known.base_url;
    EXPECT_FALSE(known.base_url.ends_with("/v1")) << known.base_url;
    EXPECT_TRUE(
        known.base_url.starts_with(known.variable.empty() ? "http://127.0.0.1:" : "https://"))
        << known.base_url;
  }
}

TEST(KnownProviders, AreFoundByHost) {
  EXPECT_EQ(known_provider_at("api.openai.com")->endpoint, "openai");
  EXPECT_EQ(known_provider_at("EU.api.openai.com")->endpoint, "openai");
  EXPECT_EQ(known_provider_at("api.eu.mistral.ai")->endpoint, "mistral");
  EXPECT_EQ(known_provider_at("openrouter.ai")->endpoint, "openrouter");
  EXPECT_EQ(known_provider_at("127.0.0.1"), nullptr);
  EXPECT_EQ(known_provider_at("notmistral.ai"), nullptr);
  EXPECT_EQ(known_provider_at("ai"), nullptr);
  EXPECT_EQ(known_provider_at(""), nullptr);
  EXPECT_EQ(known_provider_at("."), nullptr);
}

}  // namespace
}  // namespace keypool::provider
