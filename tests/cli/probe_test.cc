// `keypool check --probe`: each key's provider is asked whether the key is good.
#include "cli/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/probe_view.h"
#include "lab/provider.h"
#include "tests/cli/keypool_program.h"
#include "tests/cli/openssl.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string secret_of(const std::string& key) { return std::string(kMarker) + "-" + key; }

/// A provider on whom keys may be of any kind, and a configuration that names them.
class Probe : public testing::Test {
 protected:
  explicit Probe(std::vector<lab::Fault> faults = {}) : provider_(scenario(std::move(faults))) {
    EXPECT_TRUE(provider_.start());
  }

  static lab::Scenario scenario(std::vector<lab::Fault> faults) {
    lab::Scenario scenario;
    for (const char* name : {"GOOD", "TWIN", "REVOKED", "BROKE", "DENIED", "BUSY"}) {
      scenario.keys.push_back({.name = name, .secret = secret_of(name)});
    }
    scenario.keys[0].organization = "org-one";
    scenario.keys[1].organization = "org-one";
    scenario.faults = std::move(faults);
    const auto strikes = [&](const char* key, lab::ErrorKind error) {
      lab::Fault& fault = scenario.faults.emplace_back();
      fault.keys = key;
      fault.error = error;
    };
    strikes("REVOKED", lab::ErrorKind::bad_key);
    strikes("BROKE", lab::ErrorKind::insufficient_quota);
    strikes("DENIED", lab::ErrorKind::forbidden);
    strikes("BUSY", lab::ErrorKind::rate_limit);
    return scenario;
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(provider_.port()); }

  /// `keypool check --probe` of an endpoint with these keys, of which the provider knows its own;
  /// the secret of MISSING is nowhere.
  Program probe(const std::string& keys, std::vector<std::string> more = {},
                const std::string& base_url = {}) {
    for (const char* key : {"GOOD", "TWIN", "REVOKED", "BROKE", "DENIED", "BUSY", "UNKNOWN"}) {
      keypool_.with(key, secret_of(key));
    }
    const std::string yaml =
        "limits: { first_byte_time: 500ms }\nendpoints:\n" +
        ("  - { name: acme, dialect: openai, base_url: \"" + (base_url.empty() ? url() : base_url) +
         "\", keys: [" + keys + "] }\n");
    std::vector<std::string> arguments{"check", "--probe", "--config",
                                       keypool_.file("keypool.yaml", yaml)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return keypool_.start(arguments);
  }

  /// The JSON about one key.
  json asked(const std::string& key, const std::string& base_url = {}) {
    auto run = probe(key, {"--json"}, base_url);
    run.wait();
    const json answer = json::parse(run.out(), nullptr, false);
    if (!answer.is_object()) {
      ADD_FAILURE() << run.out() << run.err();
      return {};
    }
    return answer["endpoints"][0]["probes"][0];
  }

  Keypool keypool_;
  lab::Provider provider_;
};

TEST_F(Probe, IsGoodWhenEveryKeyIs) {
  auto run = probe("GOOD, TWIN");
  EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
  EXPECT_THAT(run.out(), ContainsRegex("acme +GOOD +good +org-one"));
  EXPECT_THAT(run.out(), HasSubstr("Nothing is wrong with them."));
}

TEST_F(Probe, TellsEachKeysVerdict) {
  EXPECT_EQ(asked("GOOD")["verdict"], "good");
  EXPECT_EQ(asked("REVOKED")["verdict"], "bad_key");
  EXPECT_EQ(asked("UNKNOWN")["verdict"], "bad_key");
  EXPECT_EQ(asked("BROKE")["verdict"], "depleted");
  EXPECT_EQ(asked("DENIED")["verdict"], "no_access");
  EXPECT_EQ(asked("BUSY")["verdict"], "throttled");
}

TEST_F(Probe, FailsWhenOneIsBadAndNamesIt) {
  auto run = probe("GOOD, REVOKED");
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.out(), HasSubstr("Not good: 1 of 2 keys: acme/REVOKED."));
  EXPECT_THAT(run.out(), HasSubstr("keypool secrets put"));
}

TEST_F(Probe, AKeyAtItsLimitIsNoBadKey) { EXPECT_EQ(probe("BUSY").wait(), 0); }

TEST_F(Probe, TellsWhichKeysShareOneOrganization) {
  auto run = probe("GOOD, TWIN");
  run.wait();
  EXPECT_THAT(run.out(), HasSubstr("2 keys of acme belong to one organization (org-one) and share "
                                   "its limits: GOOD, TWIN."));
}

TEST_F(Probe, TellsBesideThoseWhichWereNotFound) {
  auto run = probe("GOOD, MISSING");
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), ContainsRegex("missing +MISSING"));
  EXPECT_THAT(run.out(), ContainsRegex("acme +GOOD +good"));
}

TEST_F(Probe, FailsWhenAnEndpointHasNoKeyToAskWith) {
  auto run = probe("MISSING");
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.out(), HasSubstr("One endpoint has no key: acme."));
}

TEST_F(Probe, NothingListensThere) {
  const json key = asked("GOOD", "http://127.0.0.1:1");
  EXPECT_EQ(key["verdict"], "unreachable");
  EXPECT_EQ(key["status"], 0);
  EXPECT_THAT(key["why"], HasSubstr("127.0.0.1:1"));
}

TEST_F(Probe, NeverShowsASecretOrPartOfOne) {
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}}) {
    auto run = probe("GOOD, REVOKED, BROKE, UNKNOWN", more);
    run.wait();
    EXPECT_THAT(run.out() + run.err(), Not(HasSubstr("marker")));
  }
}

TEST_F(Probe, AsksManyKeysOnceEach) {
  config::Endpoint endpoint;
  endpoint.base_url.host = "127.0.0.1";
  endpoint.base_url.port = provider_.port();
  endpoint.dialect = provider::Dialect::openai;
  std::vector<cli::Candidate> candidates;
  for (int i = 0; i < 100; ++i) {
    candidates.push_back(
        {&endpoint, "K" + std::to_string(i), Secret(secret_of(i % 2 == 0 ? "GOOD" : "TWIN"))});
  }
  std::size_t last = 0;
  const auto results = cli::probe_all(
      candidates, {.limits = {}, .on_progress = [&](std::size_t done) { last = done; }});
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(last, 100);
  for (const auto& one : *results) EXPECT_EQ(one.finding, cli::Finding::good) << one.why;
  for (const auto& key : provider_.observed().keys) {
    if (key.name == "GOOD" || key.name == "TWIN") EXPECT_EQ(key.calls, 50) << key.name;
  }
}

lab::Fault slow() {
  lab::Fault fault;
  fault.kind = lab::FaultKind::stall;
  fault.keys = "GOOD";
  return fault;
}

class ProbeOfASlowProvider : public Probe {
 protected:
  ProbeOfASlowProvider() : Probe({slow()}) {}
};

TEST_F(ProbeOfASlowProvider, IsGivenUpAfterFirstByteTime) {
  const json key = asked("GOOD");
  EXPECT_EQ(key["verdict"], "unreachable");
  EXPECT_THAT(key["why"], HasSubstr("no answer within"));
}

lab::Fault no_such_path() {
  lab::Fault fault;
  fault.kind = lab::FaultKind::answer;
  fault.paths = "/elsewhere/*";
  fault.answer = {.status = 404, .body = "<h1>Not Found</h1>"};
  return fault;
}

class ProbeOfAnotherPath : public Probe {
 protected:
  ProbeOfAnotherPath() : Probe({no_such_path()}) {}
};

TEST_F(ProbeOfAnotherPath, SaysToLookAtTheBaseUrl) {
  const json key = asked("GOOD", url() + "/elsewhere");
  EXPECT_EQ(key["verdict"], "wrong_request");
  EXPECT_EQ(key["why"], "it answered 404; is base_url right?");
}

/// A server with a certificate for `names`, which this process's children trust.
class ProbeOverTls : public Probe {
 protected:
  json asked_of(const std::string& names) {
    const OpensslServer server(names);
    keypool_.with("SSL_CERT_FILE", server.certificate());
    return asked("GOOD", "https://127.0.0.1:" + std::to_string(server.port()));
  }
};

TEST_F(ProbeOverTls, ReachesAServerThatIsWhoItSays) {
  const json key = asked_of("IP:127.0.0.1");
  EXPECT_EQ(key["verdict"], "good") << key;
}

TEST_F(ProbeOverTls, SendsNothingToAServerOfAnotherName) {
  const json key = asked_of("DNS:elsewhere.example");
  EXPECT_EQ(key["verdict"], "unreachable");
  EXPECT_THAT(key["why"], HasSubstr("certificate refused: IP address mismatch"));
}

TEST(ProbeReport, ShowsLimitsAndWhenToAskAgain) {
  using namespace std::chrono_literals;
  const cli::ProbedKey key{.endpoint = "openai",
                           .key = "CI",
                           .probed = {.finding = cli::Finding::throttled,
                                      .status = 429,
                                      .why = "rate limit",
                                      .limits = {{Dimension::requests_per_minute, 500, 0},
                                                 {Dimension::tokens_per_minute, 200'000, {}}},
                                      .retry_after = 12s}};
  const std::string text = cli::probe_report({key}, cli::Terminal{});
  EXPECT_THAT(text, HasSubstr("500 rpm (0 left), 200k tpm"));
  EXPECT_THAT(text, HasSubstr("rate limit, again in 12s"));
}

TEST(ProbeReport, AGenericEndpointIsNotAskedAndNotBlamed) {
  config::Endpoint endpoint;
  endpoint.name = "other";
  endpoint.dialect = provider::Dialect::generic;
  std::vector<cli::Candidate> candidates;
  candidates.push_back({&endpoint, "K", Secret("sk-made-up")});
  const auto results = cli::probe_all(candidates, {});
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(results->front().finding, cli::Finding::not_asked);
  EXPECT_FALSE(cli::bad(cli::Finding::not_asked));
}

}  // namespace
}  // namespace keypool::test
