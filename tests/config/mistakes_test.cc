// Every mistake that a configuration file can hold, and what is said about it.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace keypool::config {
namespace {

std::vector<std::string> messages(std::string_view yaml) {
  std::vector<std::string> texts;
  if (const auto config = parse(yaml, "k.yaml"); !config) {
    for (const Problem& problem : config.error()) texts.push_back(problem.message());
  }
  return texts;
}

/// Lines 1 to 5 of a file without mistakes; what follows begins on line 6, where an indentation of
/// four makes it a field of the endpoint.
constexpr const char* kOpenAi =
    "endpoints:\n"
    "  - name: openai\n"
    "    base_url: https://api.openai.com\n"
    "    dialect: openai\n"
    "    keys: [OPENAI_API_KEY]\n";

/// An endpoint whose `keys` are `keys`, on line 5, from column 11.
std::string with_keys(const std::string& keys) {
  return "endpoints:\n"
         "  - name: openai\n"
         "    base_url: https://api.openai.com\n"
         "    dialect: openai\n"
         "    keys: " +
         keys + "\n";
}

struct Mistake {
  const char* name;
  std::string yaml;
  std::vector<std::string> messages;
};

void PrintTo(const Mistake& row, std::ostream* out) { *out << row.name; }

class ConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigMistake, IsNamedWithItsPlace) {
  EXPECT_EQ(messages(GetParam().yaml), GetParam().messages);
}

std::string name_of(const testing::TestParamInfo<Mistake>& row) { return row.param.name; }

const std::string kTokenHashExpected =
    "expected the hash of a token, \"sha256:\" and 64 hexadecimal digits; a token itself never "
    "stands in this file. Make one with its hash: keypool token hash --new; or hash one that there "
    "is: keypool token hash";

const std::string kFields =
    "; known here: listen, admin, threads, limits, state, redis, endpoints, routes, clients, "
    "prices";

INSTANTIATE_TEST_SUITE_P(
    Fields, ConfigMistake,
    testing::Values(
        Mistake{"MisspelledAtTheTop",
                std::string(kOpenAi) + "routs: []\n",
                {"k.yaml:6:1: routs: unknown field; did you mean `routes`?"}},
        Mistake{"MisspelledInAnEndpoint",
                std::string(kOpenAi) + "    coldown: 5s\n",
                {"k.yaml:6:5: endpoints[0].coldown: unknown field; did you mean `cooldown`?"}},
        Mistake{"UnlikeAnyField",
                std::string(kOpenAi) + "telemetry: true\n",
                {"k.yaml:6:1: telemetry: unknown field" + kFields}},
        Mistake{"MergeKey",
                std::string(kOpenAi) + "<<: { threads: 1 }\n",
                {"k.yaml:6:1: <<: unknown field" + kFields}},
        Mistake{"EndpointsMissing",
                "threads: 1\n",
                {"k.yaml:1:1: endpoints: missing; expected a list of at least one endpoint"}},
        Mistake{"FieldsOfAnEndpointMissing",
                "endpoints:\n  - name: openai\n    dialect: openai\n",
                {"k.yaml:2:5: endpoints[0].base_url: missing; expected a URL such as "
                 "https://api.openai.com",
                 "k.yaml:2:5: endpoints[0].keys: missing; expected a list of names such as "
                 "OPENAI_API_KEY, or `none` for a server without keys"}},
        Mistake{"TwiceInAMap",
                std::string(kOpenAi) + "    name: other\n",
                {"k.yaml:6:5: endpoints[0].name: stands here twice; first on line 2"}},
        Mistake{"RootIsAList",
                "- name: openai\n",
                {"k.yaml:1:1: expected a map of the fields listen, admin, threads, limits, state, "
                 "redis, endpoints, routes, clients, prices, got a list"}},
        Mistake{"RootIsText",
                "OPENAI_API_KEY\n",
                {"k.yaml:1:1: expected a map of the fields listen, admin, threads, limits, state, "
                 "redis, endpoints, routes, clients, prices, got \"OPENAI_API_KEY\""}},
        Mistake{"EndpointIsText",
                "endpoints: [openai]\n",
                {"k.yaml:1:13: endpoints[0]: expected a map of the fields name, base_url, dialect, "
                 "keys, policy, affinity, cooldown, attempts, max_wait, ca, fallback, got "
                 "\"openai\""}},
        Mistake{"EndpointsAreAMap",
                "endpoints: { openai: {} }\n",
                {"k.yaml:1:12: endpoints: expected a list of at least one endpoint, got a map"}},
        Mistake{"NoEndpoint",
                "endpoints: []\n",
                {"k.yaml:1:12: endpoints: expected a list of at least one endpoint, got a list"}},
        Mistake{"EndpointsWithoutValue",
                "endpoints:\n",
                {"k.yaml:2:1: endpoints: expected a list of at least one endpoint, got nothing"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Values, ConfigMistake,
    testing::Values(
        Mistake{"DurationWithoutUnit",
                std::string(kOpenAi) + "    cooldown: 60\n",
                {"k.yaml:6:15: endpoints[0].cooldown: expected a duration from 1s to 24h, such as "
                 "60s, got \"60\""}},
        Mistake{"DurationInWords",
                std::string(kOpenAi) + "    max_wait: soon\n",
                {"k.yaml:6:15: endpoints[0].max_wait: expected a duration from 0s to 1h, such as "
                 "10s, got \"soon\""}},
        Mistake{"DurationTooLong",
                std::string(kOpenAi) + "    cooldown: 25h\n",
                {"k.yaml:6:15: endpoints[0].cooldown: expected a duration from 1s to 24h, such as "
                 "60s, got \"25h\""}},
        Mistake{"NoAttempts",
                std::string(kOpenAi) + "    attempts: 0\n",
                {"k.yaml:6:15: endpoints[0].attempts: expected a whole number from 1 to 100, got "
                 "\"0\""}},
        Mistake{"AttemptsAsList",
                std::string(kOpenAi) + "    attempts: [3]\n",
                {"k.yaml:6:15: endpoints[0].attempts: expected a whole number from 1 to 100, got a "
                 "list"}},
        Mistake{"ThreadsBeyondBounds",
                std::string(kOpenAi) + "threads: 99999999999999999999\n",
                {"k.yaml:6:10: threads: expected a whole number from 0 to 1024; 0 is one for each "
                 "core, got \"99999999999999999999\""}},
        Mistake{"NegativeThreads",
                std::string(kOpenAi) + "threads: -1\n",
                {"k.yaml:6:10: threads: expected a whole number from 0 to 1024; 0 is one for each "
                 "core, got \"-1\""}},
        Mistake{"UnknownLimit",
                std::string(kOpenAi) + "limits: { patience: 1MiB }\n",
                {"k.yaml:6:11: limits.patience: unknown field; known here: head_bytes, "
                 "headers, body_bytes, replay_bytes, head_time, connect_time, first_byte_time, "
                 "idle_time, grace_time, call_time, body_rate, connections, "
                 "connections_per_client, max_waiting, max_waiting_bytes"}},
        Mistake{"LimitOfTheWrongUnit",
                std::string(kOpenAi) + "limits: { head_bytes: 5s }\n",
                {"k.yaml:6:23: limits.head_bytes: expected a number of bytes from 1KiB to 16MiB, "
                 "such as 64KiB, got \"5s\""}},
        Mistake{"BaseUrlWithoutScheme",
                "endpoints: [{ name: a, base_url: api.openai.com, dialect: openai, keys: none }]",
                {"k.yaml:1:34: endpoints[0].base_url: expected a URL such as "
                 "https://api.openai.com: it must begin with https:// or http://"}},
        Mistake{"BaseUrlWithCredentials",
                "endpoints: [{ name: a, base_url: \"https://me:word@a.b\", dialect: openai, keys: "
                "none }]",
                {"k.yaml:1:34: endpoints[0].base_url: expected a URL such as "
                 "https://api.openai.com: it must hold no credentials; keys go under `keys`"}},
        Mistake{"DialectMisspelled",
                "endpoints: [{ name: a, base_url: \"http://a\", dialect: antropic, keys: none }]",
                {"k.yaml:1:55: endpoints[0].dialect: expected one of openai, anthropic, gemini, "
                 "azure_openai, generic, got \"antropic\"; did you mean `anthropic`?"}},
        Mistake{"PolicyUnknown",
                std::string(kOpenAi) + "    policy: random\n",
                {"k.yaml:6:13: endpoints[0].policy: expected one of headroom, least_loaded, "
                 "lifetime, round_robin, sequential, got \"random\""}},
        Mistake{"GroupIsNoName",
                with_keys("[{ name: KEY, group: \"a/b\" }]"),
                {"k.yaml:5:32: endpoints[0].keys[0].group: expected a name shared by the keys of "
                 "one account, of letters, digits and `._~-`, got \"a/b\""}},
        Mistake{"DisabledIsNoFlag",
                with_keys("[{ name: KEY, disabled: maybe }]"),
                {"k.yaml:5:35: endpoints[0].keys[0].disabled: expected true or false, got "
                 "\"maybe\""}},
        Mistake{"LongValuesAreShortened",
                std::string(kOpenAi) + "threads: " + std::string(5000, 'x'),
                {"k.yaml:6:10: threads: expected a whole number from 0 to 1024; 0 is one for each "
                 "core, got \"" +
                 std::string(60, 'x') + "…\""}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Names, ConfigMistake,
    testing::Values(
        Mistake{"EndpointNameReserved",
                "endpoints: [{ name: v1, base_url: \"http://a\", dialect: openai, keys: none }]",
                {"k.yaml:1:21: endpoints[0].name: `v1` is reserved for calls without an endpoint "
                 "in their path; expected another name"}},
        Mistake{
            "EndpointNameNotFitForUrls",
            "endpoints: [{ name: open ai, base_url: \"http://a\", dialect: openai, keys: none }]",
            {"k.yaml:1:21: endpoints[0].name: expected a name of letters, digits and `._~-`, "
             "as it stands in URLs, got \"open ai\""}},
        Mistake{"EndpointNameWithASlash",
                "endpoints: [{ name: a/b, base_url: \"http://a\", dialect: openai, keys: none }]",
                {"k.yaml:1:21: endpoints[0].name: expected a name of letters, digits and `._~-`, "
                 "as it stands in URLs, got \"a/b\""}},
        Mistake{"EndpointNameOfDots",
                "endpoints: [{ name: .., base_url: \"http://a\", dialect: openai, keys: none }]",
                {"k.yaml:1:21: endpoints[0].name: expected a name of letters, digits and `._~-`, "
                 "as it stands in URLs, got \"..\""}},
        Mistake{"EndpointNameTwice",
                std::string(kOpenAi) +
                    "  - { name: openai, base_url: \"http://a\", dialect: openai, keys: none }\n",
                {"k.yaml:6:13: endpoints[1].name: \"openai\" is the name of another endpoint, on "
                 "line 2"}},
        Mistake{"KeyTwice",
                with_keys("[ONE, TWO, { name: ONE }]"),
                {"k.yaml:5:30: endpoints[0].keys[2].name: ONE is listed twice; first on line 5"}},
        Mistake{"KeyWithADollar",
                with_keys("[\"${OPENAI_API_KEY}\"]"),
                {"k.yaml:5:12: endpoints[0].keys[0]: expected the name of a variable, such as "
                 "OPENAI_API_KEY; write OPENAI_API_KEY without the $"}},
        Mistake{"KeyIsNoName",
                with_keys("[\"two words\"]"),
                {"k.yaml:5:12: endpoints[0].keys[0]: expected the name of a variable, such as "
                 "OPENAI_API_KEY, or a map with a `name`, got \"two words\""}},
        Mistake{"KeyMapWithoutName",
                with_keys("[{ group: a }]"),
                {"k.yaml:5:12: endpoints[0].keys[0].name: missing; expected the name of a "
                 "variable, such as OPENAI_API_KEY"}},
        Mistake{"KeysAreOneName",
                with_keys("OPENAI_API_KEY"),
                {"k.yaml:5:11: endpoints[0].keys: expected a list of names such as OPENAI_API_KEY, "
                 "or `none` for a server without keys, got \"OPENAI_API_KEY\""}},
        Mistake{"NoKeys",
                with_keys("[]"),
                {"k.yaml:5:11: endpoints[0].keys: expected a list of names such as OPENAI_API_KEY, "
                 "or `none` for a server without keys, got a list"}},
        Mistake{"RouteToAMisspelledEndpoint",
                std::string(kOpenAi) + "routes: [{ model: \"*\", endpoint: opnai }]\n",
                {"k.yaml:6:34: routes[0].endpoint: no endpoint is called \"opnai\"; did you mean "
                 "`openai`?"}},
        Mistake{"RouteToAnUnknownEndpoint",
                std::string(kOpenAi) + "routes: [{ model: \"*\", endpoint: local }]\n",
                {"k.yaml:6:34: routes[0].endpoint: no endpoint is called \"local\"; there are: "
                 "openai"}},
        Mistake{"RouteWithoutModel",
                std::string(kOpenAi) + "routes: [{ endpoint: openai }]\n",
                {"k.yaml:6:10: routes[0].model: missing; expected a model's name, in which `*` "
                 "stands for any text"}},
        Mistake{"RoutesAreAMap",
                std::string(kOpenAi) + "routes: { \"*\": openai }\n",
                {"k.yaml:6:9: routes: expected a list of routes, each a model and an endpoint, got "
                 "a map"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Addresses, ConfigMistake,
    testing::Values(
        Mistake{"ListenWithoutPort",
                std::string(kOpenAi) + "listen: 127.0.0.1\n",
                {"k.yaml:6:9: listen: expected host:port, such as 127.0.0.1:8080: no port"}},
        Mistake{
            "AdminOnAllInterfacesWithoutToken",
            std::string(kOpenAi) + "admin: { listen: \"[::]:8081\" }\n",
            {"k.yaml:6:18: admin.listen: [::]:8081 can be reached from other machines; expected "
             "`admin.token_hash` beside it (keypool token hash --new), or a loopback address "
             "such as 127.0.0.1:8081"}},
        Mistake{"AdminWithATokenInPlainText",
                std::string(kOpenAi) + "admin: { listen: \"[::]:8081\", token_hash: hunter2 }\n",
                {"k.yaml:6:43: admin.token_hash: " + kTokenHashExpected}},
        Mistake{"PriceOfOneSideOnly",
                std::string(kOpenAi) + "prices: { my-model: { input: 1.0 } }\n",
                {"k.yaml:6:21: prices.my-model.output: missing; expected an amount in USD per "
                 "million tokens, such as 2.5 or 0"}},
        Mistake{
            "PriceBelowNothing",
            std::string(kOpenAi) + "prices: { my-model: { input: -1, output: 1 } }\n",
            {"k.yaml:6:30: prices.my-model.input: expected an amount in USD per million tokens, "
             "such as 2.5 or 0, got \"-1\""}},
        Mistake{
            "StateInAFolderThatMoves",
            std::string(kOpenAi) + "state: state/keypool\n",
            {"k.yaml:6:8: state: expected a folder that begins with / or ~/, or \":memory:\" for "
             "none, got \"state/keypool\""}},
        Mistake{"BothOnOnePort",
                std::string(kOpenAi) + "listen: 127.0.0.1:8081\n",
                {"k.yaml:6:9: listen: `listen` and `admin.listen` are both 127.0.0.1:8081; "
                 "expected two ports"}}),
    name_of);

/// A client on line 7, whose fields begin in column 5 of the lines that follow.
std::string with_client(const std::string& fields) {
  return std::string(kOpenAi) + "clients:\n  - name: ci\n" + fields;
}

const std::string kHash = "    token_hash: \"sha256:" + std::string(64, 'a') + "\"\n";

INSTANTIATE_TEST_SUITE_P(
    Clients, ConfigMistake,
    testing::Values(
        Mistake{"ATokenInPlainText",
                with_client("    token_hash: kp_not-a-hash\n"),
                {"k.yaml:8:17: clients[0].token_hash: " + kTokenHashExpected}},
        Mistake{"AHashThatIsTooShort",
                with_client("    token_hash: \"sha256:abc\"\n"),
                {"k.yaml:8:17: clients[0].token_hash: " + kTokenHashExpected}},
        Mistake{"ATokenUnderAFieldOfItsOwn",
                with_client(kHash + "    token: hunter2\n"),
                {"k.yaml:9:5: clients[0].token: expected `token_hash`; a token itself never stands "
                 "in this file. Make one with its hash: keypool token hash --new; or hash one that "
                 "there is: keypool token hash"}},
        Mistake{"NoToken",
                with_client(""),
                {"k.yaml:7:5: clients[0].token_hash: missing; expected the hash of a token, "
                 "\"sha256:\" and 64 hexadecimal digits"}},
        Mistake{"AnEndpointThatIsNone",
                with_client(kHash + "    endpoints: [opena]\n"),
                {"k.yaml:9:17: clients[0].endpoints[0]: no endpoint is called \"opena\"; did you "
                 "mean `openai`?"}},
        Mistake{"AStarInTheMiddle",
                with_client(kHash + "    models: [\"gpt-*-mini\"]\n"),
                {"k.yaml:9:14: clients[0].models[0]: expected the name of a model, or `prefix*`, "
                 "got \"gpt-*-mini\""}},
        Mistake{"NoModels",
                with_client(kHash + "    models: []\n"),
                {"k.yaml:9:13: clients[0].models: expected a list of models, each a name or "
                 "`prefix*`; without it: all, got a list"}},
        Mistake{"ABudgetOfNothing",
                with_client(kHash + "    budget_usd_per_day: 0\n"),
                {"k.yaml:9:25: clients[0].budget_usd_per_day: expected an amount in USD above 0, "
                 "such as 50 or 2.5, got \"0\""}},
        Mistake{"AMisspelledBudget",
                with_client(kHash + "    budget_usd_per_dya: 5\n"),
                {"k.yaml:9:5: clients[0].budget_usd_per_dya: unknown field; did you mean "
                 "`budget_usd_per_day`?"}},
        Mistake{
            "ANameThatWouldBeMarkup",
            std::string(kOpenAi) + "clients:\n  - name: \"<b>ci\"\n" + kHash,
            {"k.yaml:7:11: clients[0].name: expected a name of letters, digits and `._~@+-`, as "
             "it stands in usage and logs, got \"<b>ci\""}},
        Mistake{"TwoOfOneNameAndOneToken",
                with_client(kHash + "  - name: ci\n" + kHash),
                {"k.yaml:9:11: clients[1].name: is the name of another client, on line 7",
                 "k.yaml:10:17: clients[1].token_hash: is the token of another client, on line "
                 "8"}}),
    name_of);

constexpr const char* kNotYet = "not yet supported by this version; leave the field out";

INSTANTIATE_TEST_SUITE_P(NotYetSupported, ConfigMistake,
                         testing::Values(Mistake{
                             "Redis",
                             std::string(kOpenAi) + "redis: redis://127.0.0.1:6379/0\n",
                             {std::string("k.yaml:6:1: redis: ") + kNotYet}}),
                         name_of);

const std::string kCommand =
    "endpoints[0].keys[0].command: expected a list: a program that prints the secret and its "
    "arguments, such as [pass, show, openai/ci]; no shell reads it, got ";

INSTANTIATE_TEST_SUITE_P(
    CommandOfAKey, ConfigMistake,
    testing::Values(Mistake{"AsForAShell",
                            with_keys("[{ name: K, command: pass show openai/ci }]"),
                            {"k.yaml:5:32: " + kCommand + "\"pass show openai/ci\""}},
                    Mistake{"Empty",
                            with_keys("[{ name: K, command: [] }]"),
                            {"k.yaml:5:32: " + kCommand + "a list"}},
                    Mistake{"WithoutAProgram",
                            with_keys("[{ name: K, command: [\"\", show] }]"),
                            {"k.yaml:5:32: " + kCommand + "a list"}},
                    Mistake{"OfAMap",
                            with_keys("[{ name: K, command: [{ sh: -c }] }]"),
                            {"k.yaml:5:32: " + kCommand + "a list"}}),
    name_of);

const std::string kSecond =
    "  - { name: local, base_url: \"http://a\", dialect: generic, keys: none }\n";
const std::string kUsd = "expected an amount in USD above 0, such as 50 or 2.5, got ";

INSTANTIATE_TEST_SUITE_P(
    HowKeysAreUsed, ConfigMistake,
    testing::Values(
        Mistake{"TierIsNoNumber",
                with_keys("[{ name: K, tier: free }]"),
                {"k.yaml:5:29: endpoints[0].keys[0].tier: expected a whole number from 0 to 254; "
                 "higher tiers serve when lower ones are full, got \"free\""}},
        Mistake{"WeightOfNothing",
                with_keys("[{ name: K, weight: 0 }]"),
                {"k.yaml:5:31: endpoints[0].keys[0].weight: expected a number above 0 and up to "
                 "1000000, the key's share, such as 2 or 0.5, got \"0\""}},
        Mistake{"NegativeWeight",
                with_keys("[{ name: K, weight: -1 }]"),
                {"k.yaml:5:31: endpoints[0].keys[0].weight: expected a number above 0 and up to "
                 "1000000, the key's share, such as 2 or 0.5, got \"-1\""}},
        Mistake{"UsdWithASign",
                with_keys("[{ name: K, usd_per_day: $50, usd_per_month: 1e3 }]"),
                {"k.yaml:5:36: endpoints[0].keys[0].usd_per_day: " + kUsd + "\"$50\"",
                 "k.yaml:5:56: endpoints[0].keys[0].usd_per_month: " + kUsd + "\"1e3\""}},
        Mistake{"TokensWithAFraction",
                with_keys("[{ name: K, tokens_per_day: 1.5 }]"),
                {"k.yaml:5:39: endpoints[0].keys[0].tokens_per_day: expected a whole number of "
                 "tokens above 0, got \"1.5\""}},
        Mistake{"NoneInFlight",
                with_keys("[{ name: K, max_in_flight: 0 }]"),
                {"k.yaml:5:38: endpoints[0].keys[0].max_in_flight: expected a whole number from 1 "
                 "to 1000000, got \"0\""}},
        Mistake{"FieldOfAKeyMisspelled",
                with_keys("[{ name: K, wieght: 2 }]"),
                {"k.yaml:5:23: endpoints[0].keys[0].wieght: unknown field; did you mean "
                 "`weight`?"}},
        Mistake{"LimitsAreANumber",
                with_keys("[{ name: K, limits: 500 }]"),
                {"k.yaml:5:31: endpoints[0].keys[0].limits: expected a map: a model's name, "
                 "`prefix*` or `*` → rpm, tpm, …, got \"500\""}},
        Mistake{"LimitsWithoutAModel",
                with_keys("[{ name: K, limits: { rpm: 500 } }]"),
                {"k.yaml:5:38: endpoints[0].keys[0].limits.rpm: expected a map of the fields rpm, "
                 "tpm, input_tpm, output_tpm, rpd, tpd, got \"500\""}},
        Mistake{"LimitMisspelled",
                with_keys("[{ name: K, limits: { \"*\": { rmp: 5, tpm: 0 } } }]"),
                {"k.yaml:5:40: endpoints[0].keys[0].limits.*.rmp: unknown field; did you mean "
                 "`rpm`?",
                 "k.yaml:5:53: endpoints[0].keys[0].limits.*.tpm: expected a whole number above 0, "
                 "got \"0\""}},
        Mistake{"ModelWithAStarInside",
                with_keys("[{ name: K, limits: { \"gpt-*-mini\": { rpm: 5 } } }]"),
                {"k.yaml:5:33: endpoints[0].keys[0].limits.gpt-*-mini: expected a model's name, a "
                 "prefix and `*`, or `*` for every model"}},
        Mistake{"AffinityUnknown",
                std::string(kOpenAi) + "    affinity: sticky\n",
                {"k.yaml:6:15: endpoints[0].affinity: expected off, prefix or header:<name>, got "
                 "\"sticky\""}},
        Mistake{"AffinityWithoutHeader",
                std::string(kOpenAi) + "    affinity: \"header:\"\n",
                {"k.yaml:6:15: endpoints[0].affinity: expected off, prefix or header:<name>, got "
                 "\"header:\""}},
        Mistake{"AffinityByNoHeadersName",
                std::string(kOpenAi) + "    affinity: \"header:x y\"\n",
                {"k.yaml:6:15: endpoints[0].affinity: expected off, prefix or header:<name>, got "
                 "\"header:x y\""}},
        Mistake{"TooManyToWait",
                std::string(kOpenAi) + "limits: { max_waiting: 1000001 }\n",
                {"k.yaml:6:24: limits.max_waiting: expected a whole number from 0 to 1000000, got "
                 "\"1000001\""}},
        Mistake{"FallbackIsOneName",
                std::string(kOpenAi) + "    fallback: local\n",
                {"k.yaml:6:15: endpoints[0].fallback: expected a list of endpoints' names, got "
                 "\"local\""}},
        Mistake{"FallbackUnknown",
                std::string(kOpenAi) + "    fallback: [opena]\n",
                {"k.yaml:6:16: endpoints[0].fallback[0]: no endpoint is called \"opena\"; did you "
                 "mean `openai`?"}},
        Mistake{"FallbackToItself",
                std::string(kOpenAi) + "    fallback: [openai]\n",
                {"k.yaml:6:16: endpoints[0].fallback[0]: \"openai\" cannot be its own fallback; "
                 "expected another endpoint"}},
        Mistake{"FallbackOfAnotherDialect",
                std::string(kOpenAi) + "    fallback: [local]\n" + kSecond,
                {"k.yaml:6:16: endpoints[0].fallback[0]: \"local\" speaks generic, and calls of "
                 "\"openai\" are openai; expected an endpoint of that dialect"}},
        Mistake{"FallbackTwice",
                std::string(kOpenAi) + "    fallback: [b, b]\n" +
                    "  - { name: b, base_url: \"http://a\", dialect: openai, keys: none }\n",
                {"k.yaml:6:16: endpoints[0].fallback[0]: \"b\" is listed twice",
                 "k.yaml:6:19: endpoints[0].fallback[1]: \"b\" is listed twice"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Yaml, ConfigMistake,
    testing::Values(
        Mistake{"Empty", "", {"k.yaml:1:1: the file is empty; expected at least `endpoints`"}},
        Mistake{"OnlyComments",
                "# later\n",
                {"k.yaml:1:1: the file is empty; expected at least `endpoints`"}},
        Mistake{"OnlyADocumentMark",
                "---\n",
                {"k.yaml:1:1: the file is empty; expected at least `endpoints`"}},
        Mistake{"TabBeforeAField",
                "endpoints:\n  - name: openai\n\tbase_url: https://a\n",
                {"k.yaml:3:1: a tab in the indentation; YAML is indented with spaces"}},
        Mistake{"TabBeforeAnItem",
                "endpoints:\n\t- name: openai\n",
                {"k.yaml:2:1: a tab in the indentation; YAML is indented with spaces"}},
        Mistake{
            "ColonInAText",
            "listen: 127.0.0.1: 8080\n",
            {"k.yaml:1:18: not YAML: a `:` where no field can stand; check the indentation, and "
             "quote a text that holds `: `"}},
        Mistake{"OpenBracket", "endpoints: [\n", {"k.yaml:2:1: not YAML: a `[` without its `]`"}},
        Mistake{"OpenBrace",
                "limits: { head_time: 5s\n",
                {"k.yaml:2:1: not YAML: a `{` without its `}`"}},
        Mistake{"OpenQuote",
                "listen: \"127.0.0.1:8080\n",
                {"k.yaml:1:9: not YAML: a quoted text without its closing quote"}},
        Mistake{"OpenQuoteAtTheEnd",
                std::string(kOpenAi) + "routes:\n  - endpoint: openai\n    model: 'gpt''s-*",
                {"k.yaml:8:21: not YAML: a quoted text without its closing quote"}},
        Mistake{"OpenQuoteBehindAByteOrderMark",
                "\xEF\xBB\xBF"
                "listen: \"caf\xC3\xA9\\\"\n",
                {"k.yaml:1:9: not YAML: a quoted text without its closing quote"}},
        Mistake{"TextThatMustBeQuoted",
                "listen: @home\n",
                {"k.yaml:1:9: not YAML: a text that must be quoted: it begins with a sign of "
                 "YAML's"}},
        Mistake{"SecondDocument",
                std::string(kOpenAi) + "---\nthreads: 1\n",
                {"k.yaml:7:1: does not go on where the file began; check the indentation and "
                 "`---`"}},
        Mistake{"ListThenMap",
                "- a\nb: c\n",
                {"k.yaml:2:1: does not go on where the file began; check the indentation and "
                 "`---`"}},
        Mistake{"Anchor",
                "endpoints: &all []\n",
                {"k.yaml:1:12: an anchor (&name); write the value out where it is needed"}},
        Mistake{"AnchorAndAlias",
                "endpoints: [&a [], *a]\n",
                {"k.yaml:1:13: an anchor (&name); write the value out where it is needed"}},
        Mistake{"AliasOfNothing",
                "endpoints: *all\n",
                {"k.yaml:1:12: not YAML: an alias (*name) of nothing; write the value out"}},
        Mistake{"OpenQuoteBehindWindowsLineEnds",
                "# caf\xC3\xA9\r\n# '\"\r\nlisten: 'here\r\n",
                {"k.yaml:3:9: not YAML: a quoted text without its closing quote"}},
        Mistake{"Tag", "threads: !!int 3\n", {"k.yaml:1:10: a tag (!name); write the plain value"}},
        Mistake{"NameIsAList", "? [a, b]\n: c\n", {"k.yaml:1:3: expected the name of a field"}},
        Mistake{"NameIsNothing", ": c\n", {"k.yaml:1:1: expected the name of a field"}},
        Mistake{"NestedDeeply",
                std::string(40, '[') + std::string(40, ']'),
                {"k.yaml:1:33: nested too deeply"}},
        Mistake{
            "NestedBeyondTheParser", std::string(100'000, '['), {"k.yaml:1:17: nested too deeply"}},
        Mistake{"Nul",
                std::string("threads: 1\nlisten: \0", 20),
                {"k.yaml:2:9: a control character (0x00); expected UTF-8 text"}},
        Mistake{"EndOfTransmission",
                "threads: 1 \x04\nlisten: x\n",
                {"k.yaml:1:12: a control character (0x04); expected UTF-8 text"}},
        Mistake{"Utf16",
                std::string("\xFF\xFEl\0i\0", 6),
                {"k.yaml:1:4: a control character (0x00); expected UTF-8 text"}},
        Mistake{"Latin1", "threads: 1\nlisten: caf\xE9\n", {"k.yaml:2:1: not UTF-8 text"}}),
    name_of);

TEST(ConfigMistakes, AreAllReportedInFileOrder) {
  const auto found = messages(
      "routes: [{ model: \"*\", endpoint: nowhere }]\n"
      "endpoints:\n"
      "  - name: openai\n"
      "    base_url: nowhere\n"
      "    dialect: openai\n"
      "    keys: [KEY]\n"
      "    cooldown: soon\n"
      "threads: many\n");

  ASSERT_EQ(found.size(), 4u);
  EXPECT_THAT(found[0], testing::StartsWith("k.yaml:1:34: routes[0].endpoint: "));
  EXPECT_THAT(found[1], testing::StartsWith("k.yaml:4:15: endpoints[0].base_url: "));
  EXPECT_THAT(found[2], testing::StartsWith("k.yaml:7:15: endpoints[0].cooldown: "));
  EXPECT_THAT(found[3], testing::StartsWith("k.yaml:8:10: threads: "));
}

TEST(ConfigMistakes, BeyondFiftyAreCounted) {
  std::string yaml(kOpenAi);
  for (int i = 0; i < 63; ++i) yaml += "field" + std::to_string(i) + ": 1\n";

  const auto found = messages(yaml);

  ASSERT_EQ(found.size(), 51u);
  EXPECT_THAT(found[49], testing::StartsWith("k.yaml:55:1: field49: "));
  EXPECT_EQ(found[50], "k.yaml:56:1: 13 more mistakes from here on; mend those above first");
}

}  // namespace
}  // namespace keypool::config
