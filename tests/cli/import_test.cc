// `keypool import`: other gateways' files, of the shapes that their documentation and source give.
#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/foreign_config.h"
#include "config/load.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using cli::Imported;
using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kLiteLlm = R"(
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      rpm: 500
      tpm: 200000
  - model_name: gpt-4o
    litellm_params:
      model: gpt-4o
      api_key: sk-marker-7f21c0-second
      api_base: https://api.openai.com/v1
      weight: 3
      order: 2
      max_parallel_requests: 20
    rpm: 100
  - model_name: smart
    litellm_params:
      model: anthropic/claude-sonnet-4-5
      api_key: "os.environ/ANTHROPIC_API_KEY"
      input_cost_per_token: 0.000003
      output_cost_per_token: 0.000015
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_base: https://gateway.acme.example/openai/v1/
      api_key: os.environ/ACME_KEY
      timeout: 30
  - model_name: azure-gpt
    litellm_params:
      model: azure/my-deployment
      api_base: https://acme.openai.azure.com/
      api_key: os.environ/AZURE_API_KEY
      api_version: "2024-10-21"
  - model_name: local
    litellm_params:
      model: ollama/llama3.2
  - model_name: bedrock-claude
    litellm_params:
      model: bedrock/anthropic.claude-3-sonnet
      aws_region_name: us-east-1
environment_variables:
  ACME_KEY: sk-marker-7f21c0-acme
router_settings:
  routing_strategy: least-busy
  num_retries: 2
  cooldown_time: 45
  allowed_fails: 3
  redis_host: localhost
  fallbacks:
    - smart: [gpt-4o]
litellm_settings:
  drop_params: true
  success_callback: ["langfuse"]
general_settings:
  master_key: sk-marker-7f21c0-master
)";

Imported read(const std::vector<cli::ForeignFile>& files) {
  auto imported = cli::read_foreign(files);
  if (!imported) {
    ADD_FAILURE() << imported.error();
    return {};
  }
  return std::move(*imported);
}

/// What keypool itself makes of the file that came of it.
config::Config configured(const Imported& imported) {
  const std::string yaml = cli::configuration_of(imported);
  EXPECT_THAT(yaml, Not(HasSubstr("marker")));
  auto config = config::parse(yaml, "keypool.yaml");
  if (!config) {
    for (const auto& problem : config.error()) ADD_FAILURE() << problem.message() << '\n' << yaml;
    return {};
  }
  return std::move(*config);
}

const config::Endpoint& endpoint_of(const config::Config& config, const std::string& name) {
  for (const auto& endpoint : config.endpoints) {
    if (endpoint.name == name) return endpoint;
  }
  static const config::Endpoint none;
  ADD_FAILURE() << "no endpoint " << name;
  return none;
}

auto says(const std::string& where, const std::string& why) {
  return Contains(AllOf(Field(&cli::LeftOut::where, HasSubstr(where)),
                        Field(&cli::LeftOut::why, HasSubstr(why))));
}

class LiteLlm : public testing::Test {
 protected:
  Imported imported_ = read({{"config.yaml", kLiteLlm}});
  config::Config config_ = configured(imported_);
};

TEST_F(LiteLlm, DeploymentsOfOneProviderAreKeysOfOneEndpoint) {
  const auto& openai = endpoint_of(config_, "openai");
  EXPECT_EQ(openai.base_url.text(), "https://api.openai.com");
  ASSERT_EQ(openai.keys.size(), 2);
  EXPECT_EQ(openai.keys[0].name, "OPENAI_API_KEY");
  EXPECT_EQ(openai.keys[1].name, "OPENAI_API_KEY_2");
}

TEST_F(LiteLlm, LimitsAreTheKeysOfTheirModel) {
  const auto& keys = endpoint_of(config_, "openai").keys;
  ASSERT_EQ(keys[0].options.limits.size(), 1);
  EXPECT_EQ(keys[0].options.limits[0].model, "gpt-4o");
  EXPECT_EQ(keys[0].options.limits[0].limits[Dimension::requests_per_minute], 500);
  EXPECT_EQ(keys[0].options.limits[0].limits[Dimension::tokens_per_minute], 200'000);
  EXPECT_EQ(keys[1].options.limits[0].limits[Dimension::requests_per_minute], 100);
}

TEST_F(LiteLlm, WeightOrderAndParallelRequestsHaveTheirPlace) {
  const auto& key = endpoint_of(config_, "openai").keys.at(1);
  EXPECT_EQ(key.options.weight, 3);
  EXPECT_EQ(key.options.tier, 1);
  EXPECT_EQ(key.options.max_in_flight, 20);
}

TEST_F(LiteLlm, TheSameModelElsewhereIsAFallback) {
  EXPECT_THAT(endpoint_of(config_, "openai").fallback, ElementsAre("gateway-acme-example"));
  EXPECT_EQ(endpoint_of(config_, "gateway-acme-example").base_url.text(),
            "https://gateway.acme.example/openai");
}

TEST_F(LiteLlm, CallsAreRoutedByTheirModel) {
  std::map<std::string, std::string> routes;
  for (const auto& route : config_.routes) routes[route.model] = route.endpoint;
  EXPECT_EQ(routes["gpt-4o"], "openai");
  EXPECT_EQ(routes["claude-sonnet-4-5"], "anthropic");
  EXPECT_EQ(routes["llama3.2"], "ollama");
}

TEST_F(LiteLlm, AServerOnThisMachineNeedsNoKey) {
  EXPECT_TRUE(endpoint_of(config_, "ollama").keyless);
}

TEST_F(LiteLlm, AzureHasItsOwnDialect) {
  const auto& azure = endpoint_of(config_, "azure");
  EXPECT_EQ(azure.dialect, provider::Dialect::azure_openai);
  EXPECT_THAT(imported_.left_out, says("api_version", "client sends it"));
}

TEST_F(LiteLlm, RouterSettingsHoldForEveryEndpoint) {
  const auto& openai = endpoint_of(config_, "openai");
  EXPECT_EQ(openai.policy, Policy::least_loaded);
  EXPECT_EQ(openai.attempts, 3);
  EXPECT_EQ(openai.cooldown, std::chrono::seconds(45));
}

TEST_F(LiteLlm, PricesAreByTheMillion) {
  const auto price = imported_.prices.find("claude-sonnet-4-5");
  ASSERT_NE(price, imported_.prices.end());
  EXPECT_NEAR(price->second.input, 3, 1e-9);
  EXPECT_NEAR(price->second.output, 15, 1e-9);
}

TEST_F(LiteLlm, SaysWhatItCouldNotCarryOverAndWhy) {
  EXPECT_THAT(imported_.left_out, says("model_list[6]", "bedrock"));
  EXPECT_THAT(imported_.left_out, says("model_list[2]", "let them ask for claude-sonnet-4-5"));
  EXPECT_THAT(imported_.left_out, says("model_list[3].timeout", "first_byte_time"));
  EXPECT_THAT(imported_.left_out, says("fallbacks: smart to gpt-4o", "does not change the model"));
  EXPECT_THAT(imported_.left_out, says("router_settings.allowed_fails", "judged by what it says"));
  EXPECT_THAT(imported_.left_out, says("router_settings.redis_host", "state"));
  EXPECT_THAT(imported_.left_out, says("general_settings.master_key", "keypool token create"));
  EXPECT_THAT(imported_.left_out, says("litellm_settings.success_callback", "/metrics"));
}

constexpr const char* kGroups = R"({"code": 0, "message": "Success", "data": [
  {"id": 1, "name": "openai", "endpoint": "http://localhost:3001/proxy/openai",
   "channel_type": "openai", "upstreams": [{"url": "https://api.openai.com", "weight": 1},
                                           {"url": "https://mirror.example", "weight": 1}],
   "test_model": "gpt-4o-mini", "proxy_keys": "sk-marker-7f21c0-proxy", "param_overrides": {},
   "config": {"max_retries": 2, "blacklist_threshold": 3}, "header_rules": []},
  {"id": 2, "name": "claude", "channel_type": "anthropic",
   "upstreams": [{"url": "https://api.anthropic.com", "weight": 1}], "test_model": "claude-3-5-haiku",
   "config": {}, "api_keys": [{"key_value": "sk-marker-7f21c0-claude", "status": "active"},
                              {"key_value": "sk-marker-7f21c0-dead", "status": "invalid"}]},
  {"id": 3, "name": "odd", "channel_type": "kiro", "upstreams": [{"url": "https://x.example"}]}]})";

TEST(GptLoad, AGroupIsAnEndpointWithItsListOfKeys) {
  const Imported imported =
      read({{"groups.json", kGroups},
            {"keys-openai-active.txt", "sk-marker-7f21c0-one\r\nsk-marker-7f21c0-two\n\n"}});
  const auto config = configured(imported);
  EXPECT_EQ(endpoint_of(config, "openai").keys.at(0).name, "OPENAI_API_KEY");
  EXPECT_EQ(endpoint_of(config, "claude").dialect, provider::Dialect::anthropic);
  EXPECT_EQ(imported.endpoints[0].keys[0].values.size(), 2);
  EXPECT_EQ(imported.endpoints[1].keys[0].values.size(), 1);
  EXPECT_EQ(endpoint_of(config, "openai").attempts, 3);
}

TEST(GptLoad, TheOrderOfFilesDoesNotMatter) {
  const Imported imported =
      read({{"keys-openai-all.txt", "sk-marker-7f21c0-one"}, {"groups.json", kGroups}});
  EXPECT_EQ(imported.endpoints.at(0).keys.at(0).values.size(), 1);
}

TEST(GptLoad, SaysWhatItCouldNotCarryOverAndWhy) {
  const Imported imported =
      read({{"groups.json", kGroups}, {"keys-none-all.txt", "sk-marker-7f21c0-x"}});
  EXPECT_THAT(imported.left_out, says("group openai.upstreams", "fallback"));
  EXPECT_THAT(imported.left_out, says("blacklist_threshold", "rests"));
  EXPECT_THAT(imported.left_out, says("group openai.proxy_keys", "keypool token create"));
  EXPECT_THAT(imported.left_out, says("group claude.api_keys", "struck out as invalid"));
  EXPECT_THAT(imported.left_out, says("group odd", "does not speak kiro"));
  EXPECT_THAT(imported.left_out, says("keys-none-all.txt", "no group none"));
  EXPECT_THAT(imported.left_out, says("endpoint openai", "no key of it"));
}

constexpr const char* kChannels = R"([
  {"id": 1, "type": 1, "key": "sk-marker-7f21c0-a\nsk-marker-7f21c0-b", "status": 1,
   "name": "Team A", "weight": 2, "base_url": "", "models": "gpt-4o,gpt-4o-mini", "group": "default",
   "model_mapping": "{\"gpt-4\": \"gpt-4o\"}", "priority": 10},
  {"id": 2, "type": 1, "key": "sk-marker-7f21c0-c", "status": 2, "name": "Team B", "weight": 0,
   "base_url": "", "models": "gpt-4o", "group": "vip", "model_mapping": "", "priority": 0},
  {"id": 3, "type": 8, "key": "sk-marker-7f21c0-d", "status": 1, "name": "Acme",
   "base_url": "https://api.acme.example/v1", "models": "acme-1", "group": "default", "priority": 0},
  {"id": 4, "type": 14, "status": 1, "name": "Claude", "base_url": "", "models": "claude-sonnet-4-5",
   "group": "default", "priority": 0},
  {"id": 5, "type": 15, "key": "marker-7f21c0-wenxin", "status": 1, "name": "Wenxin",
   "models": "ERNIE-Bot", "group": "default"}])";

TEST(OneApi, ChannelsOfOneProviderAreKeysOfOneEndpoint) {
  const Imported imported = read({{"channels.json", kChannels}});
  const auto config = configured(imported);
  const auto& openai = endpoint_of(config, "openai");
  ASSERT_EQ(openai.keys.size(), 2);
  EXPECT_EQ(openai.keys[0].name, "OPENAI_TEAM_A_KEY");
  EXPECT_EQ(openai.keys[0].options.weight, 2);
  EXPECT_EQ(openai.keys[0].options.tier, 0);
  EXPECT_EQ(openai.keys[1].options.tier, 1);
  EXPECT_TRUE(openai.keys[1].disabled);
  EXPECT_EQ(imported.endpoints[0].keys[0].values.size(), 2);
  EXPECT_EQ(endpoint_of(config, "acme").base_url.text(), "https://api.acme.example");
}

TEST(OneApi, SaysWhatItCouldNotCarryOverAndWhy) {
  const Imported imported = read({{"channels.json", kChannels}});
  EXPECT_THAT(imported.left_out, says("channel 1 (Team A).model_mapping", "as it was asked"));
  EXPECT_THAT(imported.left_out, says("channel 2 (Team B).group", "vip"));
  EXPECT_THAT(imported.left_out, says("channel 4 (Claude).key", "ANTHROPIC_CLAUDE_KEY"));
  EXPECT_THAT(imported.left_out, says("channel 5 (Wenxin)", "type 15"));
}

TEST(OneApi, IsAlsoReadAsTheApiAnswersIt) {
  const Imported imported = read({{"channels.json", R"({"success": true, "message": "", "data": )" +
                                                        std::string(kChannels) + "}"}});
  EXPECT_EQ(imported.gateway, "one-api");
}

TEST(Foreign, WhatIsNotUnderstoodIsSaidSo) {
  const char* texts[] = {"",
                         "hello",
                         "[]",
                         "{}",
                         "endpoints: []",
                         "\x01\x02",
                         "a: [",
                         "[1, 2]",
                         "model_list: 7",
                         "model_list: [7, null, {}]",
                         R"([{"type": "x", "models": 7}])",
                         R"([{"channel_type": null, "upstreams": null}])"};
  for (const char* text : texts) {
    const auto imported = cli::read_foreign({{"some.file", text}});
    EXPECT_FALSE(imported) << text;
  }
}

TEST(Foreign, FilesOfTwoGatewaysAreNotMixed) {
  const auto imported =
      cli::read_foreign({{"config.yaml", kLiteLlm}, {"channels.json", kChannels}});
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error(), HasSubstr("one gateway at a time"));
}

TEST(Foreign, NamesCannotBreakOutOfTheFile) {
  json channels = json::parse(kChannels);
  channels[0]["name"] = "x\"\n- evil: {";
  channels[0]["models"] = "a\"b\\c\nd: e,{f}";
  channels[2]["base_url"] = "https://api.acme.example/\"x";
  const auto imported = cli::read_foreign({{"channels.json", channels.dump()}});
  ASSERT_TRUE(imported);
  const auto parsed = config::parse(cli::configuration_of(*imported), "keypool.yaml");
  if (parsed) {
    EXPECT_EQ(parsed->endpoints.size(), 3);
  } else {
    for (const auto& problem : parsed.error()) EXPECT_THAT(problem.field, HasSubstr("base_url"));
  }
}

class ImportCommand : public testing::Test {
 protected:
  Program import(std::vector<std::string> more) {
    std::vector<std::string> arguments{"import", keypool_.file("litellm.yaml", kLiteLlm)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return keypool_.start(std::move(arguments));
  }

  std::string written() {
    std::ifstream file(keypool_.environment().at("HOME") + "/.config/keypool/keypool.yaml");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  Keypool keypool_;
};

TEST_F(ImportCommand, WritesAConfigurationThatCheckTakes) {
  auto run = import({});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("from LiteLLM"));
  EXPECT_THAT(run.out(), HasSubstr("keypool secrets put OPENAI_API_KEY_2"));
  EXPECT_THAT(run.out(), HasSubstr("Not carried over:"));
  EXPECT_THAT(written(), HasSubstr("OPENAI_API_KEY_2"));
  auto check = keypool_.start({"check", "--json"});
  check.wait();
  EXPECT_EQ(json::parse(check.out())["endpoints"].size(), 5);
}

TEST_F(ImportCommand, NeverWritesOrShowsASecret) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--print"}, {"--force", "--json"}, {"--print", "--json"}}) {
    auto run = import(more);
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_THAT(run.out() + run.err() + written(), Not(HasSubstr("marker")));
  }
}

TEST_F(ImportCommand, LeavesAFileThatIsThereAlone) {
  keypool_.file(".config/keypool/keypool.yaml", "mine");
  EXPECT_EQ(import({}).wait(), 1);
  EXPECT_EQ(written(), "mine");
  EXPECT_EQ(import({"--force"}).wait(), 0);
  EXPECT_THAT(written(), HasSubstr("endpoints:"));
}

TEST_F(ImportCommand, PrintsInsteadWithTheRestOnStderr) {
  auto run = import({"--print"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_TRUE(config::parse(run.out(), "printed"));
  EXPECT_THAT(run.err(), HasSubstr("Not carried over:"));
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(ImportCommand, TellsAProgramTheSame) {
  auto run = import({"--json"});
  EXPECT_EQ(run.wait(), 0);
  const json answer = json::parse(run.out());
  EXPECT_EQ(answer["from"], "LiteLLM");
  EXPECT_EQ(answer["secrets"].size(), 2);
  EXPECT_EQ(answer["secrets"][0]["stored"], false);
  EXPECT_GT(answer["left_out"].size(), 8);
}

TEST_F(ImportCommand, StoringWithoutAKeychainFailsAndWritesNothing) {
  auto run = import({"--store"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("the OS keychain"));
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(ImportCommand, AFileThatIsNotThereIsSaidSo) {
  auto run = keypool_.start({"import", "/nowhere.yaml"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("/nowhere.yaml: there is no such file"));
}

}  // namespace
}  // namespace keypool::test
