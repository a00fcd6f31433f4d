#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::config {
namespace {

using namespace std::chrono_literals;
using provider::Dialect;

/// The configuration of a text without mistakes.
Config parsed(std::string_view yaml) {
  auto config = parse(yaml, "keypool.yaml");
  if (config) return std::move(*config);
  for (const Problem& problem : config.error()) ADD_FAILURE() << problem.message();
  return {};
}

constexpr const char* kEverything = R"(# every field that is built
listen: 127.0.0.1:9090
admin:
  listen: "[::1]:9091"
  token_hash: sha256:0000000000000000000000000000000000000000000000000000000000000001
threads: 2
state: ~/kept
limits:
  head_bytes: 32KiB
  body_bytes: 1GiB
  replay_bytes: 0
  head_time: 10s
  connect_time: 1500ms
  first_byte_time: 5m
  idle_time: 1m30s
  grace_time: 0s
  max_waiting: 50
  max_waiting_bytes: 1MiB
  headers: 50
  call_time: 20m
  body_rate: 1KiB
  connections: 500
  connections_per_client: 5
routes:
  - { model: "gpt-*", endpoint: openai }
  - { model: "*", endpoint: local }
endpoints:
  - name: openai
    base_url: https://api.openai.com
    dialect: openai
    keys:
      - OPENAI_API_KEY
      - name: TEAM_B_KEY
        group: team-b
        disabled: true
        tier: 1
        weight: 2.5
        max_in_flight: 20
        usd_per_day: 50
        usd_per_month: 900.25
        tokens_per_day: 1000000
        limits: { "*": { rpm: 500, tpm: 200000 }, "gpt-4.1": { tpm: 30000, rpd: 9 } }
    policy: sequential
    affinity: header:x-conversation
    fallback: [spare]
    ca: /etc/keypool/ca.pem
    cooldown: 90s
    attempts: 5
    max_wait: 2s
  - name: local
    base_url: http://127.0.0.1:11434/ollama/
    dialect: generic
    keys: none
  - { name: spare, base_url: "https://spare", dialect: openai, keys: none, affinity: prefix, fallback: [openai] }
clients:
  - name: ci
    token_hash: "sha256:00000000000000000000000000000000000000000000000000000000000000Fe"
    endpoints: [openai, "sp*"]
    models: ["gpt-*"]
    rpm: 600
    budget_usd_per_day: 20
    budget_usd_per_month: 99.5
    budget_tokens_per_day: 5000
    budget_tokens_per_month: 100000
  - { name: alice@example.com, token_hash: "sha256:1111111111111111111111111111111111111111111111111111111111111111" }
prices:
  my-model: { input: 1.25, cached_input: 0.1, output: 4 }
  "free-*": { input: 0, output: 0 }
)";

TEST(Config, ReadsTheGatewaysOwnFields) {
  const Config config = parsed(kEverything);

  EXPECT_EQ(config.file, "keypool.yaml");
  EXPECT_EQ(config.listen.text(), "127.0.0.1:9090");
  EXPECT_EQ(config.admin.text(), "[::1]:9091");
  EXPECT_EQ(config.threads, 2);
  EXPECT_EQ(config.state, "~/kept");
  EXPECT_EQ(config.limits.head_bytes, 32u * 1024);
  EXPECT_EQ(config.limits.body_bytes, 1024u * 1024 * 1024);
  EXPECT_EQ(config.limits.replay_bytes, 0u);
  EXPECT_EQ(config.limits.head_time, 10s);
  EXPECT_EQ(config.limits.connect_time, 1500ms);
  EXPECT_EQ(config.limits.first_byte_time, 5min);
  EXPECT_EQ(config.limits.idle_time, 90s);
  EXPECT_EQ(config.limits.grace_time, 0s);
  EXPECT_EQ(config.limits.max_waiting, 50u);
  EXPECT_EQ(config.limits.max_waiting_bytes, 1024u * 1024);
  EXPECT_EQ(config.limits.headers, 50u);
  EXPECT_EQ(config.limits.call_time, 20min);
  EXPECT_EQ(config.limits.body_rate, 1024u);
  EXPECT_EQ(config.limits.connections, 500u);
  EXPECT_EQ(config.limits.connections_per_client, 5u);
}

TEST(Config, ReadsWhatAListenerNeedsForTls) {
  const std::string listen =
      "listen:\n  address: 127.0.0.1:8443\n  tls: { certificate: /c.pem, key: /k.pem";
  const std::string endpoint =
      "endpoints: [{ name: a, base_url: \"http://a\", dialect: openai, keys: none }]\n";

  const auto plain = parsed(endpoint);
  const auto tls = parsed((listen + " }\n" + endpoint).c_str());
  const auto mutual = parsed((listen + ", client_ca: /a.pem }\n" + endpoint).c_str());

  EXPECT_FALSE(plain.listen_tls);
  EXPECT_EQ(tls.listen.text(), "127.0.0.1:8443");
  EXPECT_EQ(tls.listen_tls->certificate, "/c.pem");
  EXPECT_EQ(tls.listen_tls->key, "/k.pem");
  EXPECT_EQ(tls.listen_tls->client_ca, "");
  EXPECT_EQ(mutual.listen_tls->client_ca, "/a.pem");
  EXPECT_EQ(parsed(kEverything).endpoints.at(0).ca, "/etc/keypool/ca.pem");
}

TEST(Config, ReadsWhoMayCall) {
  const Config config = parsed(kEverything);

  EXPECT_EQ(config.admin_token_hash, "sha256:" + std::string(63, '0') + "1");
  ASSERT_EQ(config.clients.size(), 2u);
  const state::Client& ci = config.clients[0];
  EXPECT_EQ(ci.name, "ci");
  EXPECT_TRUE(state::parse_token_hash(ci.token_hash));
  EXPECT_EQ(ci.endpoints, (std::vector<std::string>{"openai", "sp*"}));
  EXPECT_EQ(ci.models, std::vector<std::string>{"gpt-*"});
  EXPECT_EQ(ci.rpm, 600u);
  EXPECT_EQ(ci.micro_usd_per_day, 20'000'000u);
  EXPECT_EQ(ci.micro_usd_per_month, 99'500'000u);
  EXPECT_EQ(ci.tokens_per_day, 5000u);
  EXPECT_EQ(ci.tokens_per_month, 100'000u);
  EXPECT_EQ(config.clients[1].name, "alice@example.com");
}

TEST(Config, TakesAnAddressThatOtherMachinesReach) {
  auto open = std::string(kEverything);
  open.replace(open.find("127.0.0.1:9090"), 14, "0.0.0.0:9090");
  open.replace(open.find("[::1]:9091"), 10, "[::]:9091");

  EXPECT_EQ(parsed(open).listen.text(), "0.0.0.0:9090");
  EXPECT_EQ(parsed(open).admin.text(), "[::]:9091");
}

TEST(Config, ReadsWhatModelsCost) {
  const auto prices = parsed(kEverything).prices;

  ASSERT_EQ(prices.size(), 2u);
  EXPECT_EQ(prices[0].model, "my-model");
  EXPECT_EQ(prices[0].price.input, 1'250'000u);
  EXPECT_EQ(prices[0].price.cached_input, 100'000u);
  EXPECT_EQ(prices[0].price.output, 4'000'000u);
  EXPECT_EQ(prices[1].model, "free-*");
  EXPECT_EQ(prices[1].price.input, 0u);
}

TEST(Config, ReadsHowAKeyIsToBeUsed) {
  const KeyOptions options = parsed(kEverything).endpoints.at(0).keys.at(1).options;

  EXPECT_EQ(options.tier, 1);
  EXPECT_EQ(options.weight, 2.5);
  EXPECT_EQ(options.max_in_flight, 20u);
  EXPECT_EQ(options.caps.micro_usd_per_day, 50'000'000u);
  EXPECT_EQ(options.caps.micro_usd_per_month, 900'250'000u);
  EXPECT_EQ(options.caps.tokens_per_day, 1'000'000u);
}

TEST(Config, PutsTheMoreSpecificLimitsFirstAndCompletesThem) {
  const auto limits = parsed(kEverything).endpoints.at(0).keys.at(1).options.limits;

  ASSERT_EQ(limits.size(), 2u);
  EXPECT_EQ(limits[0].model, "gpt-4.1");
  EXPECT_EQ(limits[0].limits[Dimension::tokens_per_minute], 30'000u);
  EXPECT_EQ(limits[0].limits[Dimension::requests_per_day], 9u);
  EXPECT_EQ(limits[0].limits[Dimension::requests_per_minute], 500u);
  EXPECT_EQ(limits[1].model, "*");
  EXPECT_EQ(limits[1].limits[Dimension::tokens_per_minute], 200'000u);
  EXPECT_EQ(limits[1].limits[Dimension::requests_per_day], 0u);
}

TEST(Config, ReadsHowAnEndpointChoosesAndWhatStandsIn) {
  const Config config = parsed(kEverything);

  EXPECT_EQ(config.endpoints[0].policy, Policy::sequential);
  EXPECT_EQ(config.endpoints[0].affinity.by, Affinity::By::header);
  EXPECT_EQ(config.endpoints[0].affinity.header, "x-conversation");
  EXPECT_EQ(config.endpoints[0].fallback, std::vector<std::string>{"spare"});
  EXPECT_EQ(config.endpoints[1].policy, Policy::headroom);
  EXPECT_EQ(config.endpoints[1].affinity.by, Affinity::By::off);
  EXPECT_EQ(config.endpoints[2].affinity.by, Affinity::By::prefix);
  EXPECT_EQ(config.endpoints[2].fallback, std::vector<std::string>{"openai"});
}

TEST(Config, ReadsEndpoints) {
  const Config config = parsed(kEverything);

  ASSERT_EQ(config.endpoints.size(), 3u);
  const Endpoint& openai = config.endpoints[0];
  EXPECT_EQ(openai.name, "openai");
  EXPECT_EQ(openai.base_url.text(), "https://api.openai.com");
  EXPECT_EQ(openai.dialect, Dialect::openai);
  EXPECT_FALSE(openai.keyless);
  EXPECT_EQ(openai.cooldown, 90s);
  EXPECT_EQ(openai.attempts, 5);
  EXPECT_EQ(openai.max_wait, 2s);
  EXPECT_EQ(openai.place.line, 28);

  const Endpoint& local = config.endpoints[1];
  EXPECT_TRUE(local.keyless);
  EXPECT_TRUE(local.keys.empty());
  EXPECT_EQ(local.base_url.prefix, "/ollama");
  EXPECT_EQ(local.cooldown, 60s) << "the default";
}

TEST(Config, ReadsKeysAsNamesAndAsMaps) {
  const auto keys = parsed(kEverything).endpoints.at(0).keys;

  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].name, "OPENAI_API_KEY");
  EXPECT_EQ(keys[0].options.group, "");
  EXPECT_FALSE(keys[0].disabled);
  EXPECT_EQ(keys[0].place.line, 32);
  EXPECT_EQ(keys[0].place.column, 9);
  EXPECT_EQ(keys[1].name, "TEAM_B_KEY");
  EXPECT_EQ(keys[1].options.group, "team-b");
  EXPECT_TRUE(keys[1].disabled);
}

TEST(Config, RoutesMayStandBeforeTheirEndpoints) {
  const auto routes = parsed(kEverything).routes;

  ASSERT_EQ(routes.size(), 2u);
  EXPECT_EQ(routes[0].model, "gpt-*");
  EXPECT_EQ(routes[0].endpoint, "openai");
  EXPECT_EQ(routes[1].model, "*");
}

TEST(Config, NeedsNoMoreThanOneEndpoint) {
  const Config config = parsed(
      "endpoints: [{name: openai, base_url: https://api.openai.com, dialect: openai, keys: "
      "[KEY]}]");

  EXPECT_EQ(config.listen.text(), "127.0.0.1:8080");
  EXPECT_EQ(config.admin.text(), "127.0.0.1:8081");
  EXPECT_EQ(config.threads, 0);
  EXPECT_TRUE(config.routes.empty());
}

TEST(Config, WindowsLineEndsAndAByteOrderMarkAreNoMistake) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : std::string_view(kEverything)) {
    if (c == '\n') text += '\r';
    text += c;
  }

  EXPECT_EQ(parsed(text).endpoints.size(), 3u);
}

TEST(Config, ReadsAFileOfTenMegabytes) {
  std::string text =
      "endpoints:\n  - name: openai\n    base_url: https://api.openai.com\n    dialect: openai\n"
      "    keys:\n";
  std::size_t count = 0;
  while (text.size() < 10'000'000) {
    text += "      - { name: TEAM_KEY_" + std::to_string(count++) +
            ", group: a-group-of-the-operators-own-choice-with-a-long-name }\n";
  }

  EXPECT_EQ(parsed(text).endpoints.at(0).keys.size(), count);
}

TEST(Load, ReadsAFile) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("keypool.yaml", kEverything);

  const auto config = load(file);

  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->file, file);
}

TEST(Load, SaysWhyAFileCannotBeRead) {
  const test::TemporaryFolder folder;
  const auto absent = folder.path() / "absent.yaml";

  const auto config = load(absent);

  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().at(0).message(),
            absent.native() + ": cannot be read: No such file or directory");
}

TEST(Load, RefusesAFolderAndAnEndlessFile) {
  const test::TemporaryFolder folder;
  const auto large = folder.write("large.yaml", "");
  std::filesystem::resize_file(large, 17 * 1024 * 1024);

  EXPECT_EQ(load(folder.path()).error().at(0).expected, "cannot be read: a folder, not a file");
  EXPECT_EQ(load("/dev/zero").error().at(0).expected, "cannot be read: not a regular file");
  EXPECT_EQ(load(large).error().at(0).expected,
            "cannot be read: 17825792 bytes long; at most 16777216 are read");
}

TEST(ParseConfig, TakesACommandOfAKeyWordByWord) {
  const auto config = parse(R"(
endpoints:
  - name: openai
    base_url: https://api.openai.com
    dialect: openai
    keys: [{ name: VAULT_KEY, command: [pass, show, "openai/c i", 7, ""] }]
)",
                            "k.yaml");
  ASSERT_TRUE(config) << config.error().front().message();
  EXPECT_EQ(config->endpoints.at(0).keys.at(0).command,
            (std::vector<std::string>{"pass", "show", "openai/c i", "7", ""}));
}

TEST(AdminListen, IsToldByAFileWithMistakesElsewhere) {
  EXPECT_EQ(parse_admin_listen("admin: {listen: 127.0.0.1:9091}\nendpoints: 7\nlisten: [").port,
            8081)
      << "of what is no YAML at all nothing is known";
  EXPECT_EQ(parse_admin_listen("admin: {listen: 127.0.0.1:9091}\nendpoints: 7\n").port, 9091);
  EXPECT_EQ(parse_admin_listen("endpoints: 7\n").port, 8081);
}

}  // namespace
}  // namespace keypool::config
