// What a gateway still knows after its process has ended and another one has begun.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/snapshot.h"
#include "state/store.h"
#include "tests/service/service.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

/// The first call with the first key is refused, for ten minutes.
lab::Scenario refuses_the_first() {
  lab::Scenario scenario{.keys = lab_keys(3)};
  scenario.faults.push_back(
      {.keys = "k0",
       .last_call = 1,
       .kind = lab::FaultKind::answer,
       .answer = {.status = 429,
                  .headers = {{"content-type", "application/json"}, {"retry-after", "600"}},
                  .body = R"({"error":{"message":"slow down","code":"rate_limit_exceeded"}})"}});
  return scenario;
}

class Restart : public testing::Test {
 protected:
  void serve(lab::Scenario scenario, std::string_view policy = "sequential") {
    service_ = std::make_unique<Service>(std::move(scenario));
    service_->keypool().with("LAB_KEY", secret_of(0) + "," + secret_of(1) + "," + secret_of(2));
    service_->configure("      - LAB_KEY\n    policy: " + std::string(policy));
    service_->start();
  }

  void restart() {
    ASSERT_EQ(service_->stop(), 0) << service_->run().err();
    service_->start();
  }

  [[nodiscard]] json key(std::size_t number) const {
    return service_->admin("/api/v1/keys")["keys"][number];
  }

  std::unique_ptr<Service> service_;
};

TEST_F(Restart, ACooldownStillRuns) {
  serve(refuses_the_first());
  ASSERT_EQ(service_->call(service_->chat()).header("x-keypool-key"), "LAB_KEY[1]");
  ASSERT_EQ(key(0)["state"], "cooling");
  const std::string until = key(0)["until"];

  restart();

  EXPECT_EQ(key(0)["state"], "cooling");
  EXPECT_EQ(std::string(key(0)["until"]).substr(0, 16), until.substr(0, 16));
  EXPECT_EQ(service_->call(service_->chat()).header("x-keypool-key"), "LAB_KEY[1]");
  EXPECT_EQ(service_->provider().observed().keys[0].calls, 1u);
}

TEST_F(Restart, ACooldownStillRunsAfterAKillOnceItWasWrittenDown) {
  serve(refuses_the_first());
  ASSERT_EQ(service_->call(service_->chat()).status, 200);
  ASSERT_TRUE(eventually([&] {
    state::Store store({.folder = service_->state_folder()});
    const auto saved = state::StandingKeeper(store).load();
    return saved && !saved->empty() && !saved->front().keys.empty();
  }));

  service_->kill();
  service_->start();

  EXPECT_EQ(key(0)["state"], "cooling");
}

TEST_F(Restart, LimitsThatTheProviderToldAreKnown) {
  lab::Scenario scenario{.keys = lab_keys(3)};
  for (lab::Key& key : scenario.keys) key.limits = {{"*", {.rpm = 120, .tpm = 90'000}}};
  serve(scenario);
  ASSERT_EQ(service_->call(service_->chat()).status, 200);

  restart();

  const auto lanes = service_->admin("/api/v1/lanes?endpoint=lab")["lanes"];
  ASSERT_EQ(lanes.size(), 1u);
  EXPECT_THAT(lanes[0]["keys"], ElementsAre("LAB_KEY[0]"));
  json limits;
  for (const auto& room : lanes[0]["limits"]) {
    EXPECT_EQ(room["source"], "reported");
    limits[std::string(room["dimension"])] = room["limit"];
  }
  EXPECT_EQ(limits, (json{{"requests_per_minute", 120}, {"tokens_per_minute", 90'000}}));
}

TEST_F(Restart, WhatAnAccountKeepsIsStillAskedOfItsKey) {
  serve({.keys = lab_keys(3)}, "round_robin");
  std::string id;
  std::string maker;
  // The first key is where calls about what nobody knows go, so one of the others must be it.
  while (maker.empty() || maker == "LAB_KEY[0]") {
    http::Fetch make{.method = "POST",
                     .target = "/lab/v1/responses",
                     .headers = {{"content-type", "application/json"}},
                     .body = R"({"model":"m","input":"hi"})"};
    const auto made = service_->call(make);
    ASSERT_EQ(made.status, 200) << made.body;
    id = json::parse(made.body)["id"];
    maker = made.header("x-keypool-key").value_or("");
  }

  restart();

  const auto found = service_->call({.target = "/lab/v1/responses/" + id});
  EXPECT_EQ(found.status, 200) << found.body;
  EXPECT_EQ(found.header("x-keypool-key"), maker);
}

TEST_F(Restart, WhatAnOperatorDisabledStaysSo) {
  serve({.keys = lab_keys(3)});
  ASSERT_EQ(service_->admin("/api/v1/keys/lab/LAB_KEY%5B0%5D/disable", "POST")["key"]["state"],
            "disabled");
  restart();
  EXPECT_EQ(key(0)["state"], "disabled");
  EXPECT_EQ(service_->call(service_->chat()).header("x-keypool-key"), "LAB_KEY[1]");
}

TEST_F(Restart, CountsGoOn) {
  serve({.keys = lab_keys(3)});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(service_->call(service_->chat()).status, 200);
  restart();
  ASSERT_EQ(service_->call(service_->chat()).status, 200);
  EXPECT_EQ(key(0)["successes"], 4);
  restart();
  EXPECT_EQ(service_->ledger()[state::Figure::succeeded], 4u);
}

TEST_F(Restart, ALeakedKeyStaysOut) {
  lab::Scenario scenario{.keys = lab_keys(3)};
  scenario.faults.push_back({.keys = "k0", .error = lab::ErrorKind::leaked_key});
  serve(scenario);
  ASSERT_EQ(service_->call(service_->chat()).header("x-keypool-key"), "LAB_KEY[1]");
  ASSERT_EQ(key(0)["state"], "invalid");

  restart();

  EXPECT_EQ(key(0)["state"], "invalid");
  ASSERT_EQ(service_->call(service_->chat()).status, 200);
  EXPECT_EQ(service_->provider().observed().keys[0].calls, 1u);
}

}  // namespace
}  // namespace keypool::test
