#include "admin/metrics.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

std::string metrics_of(WatchedPool& watched) {
  return metrics_text(take_snapshot(watched.subject()), watched.used);
}

TEST(Metrics, CountWhatBecameOfEachKeysRequests) {
  WatchedPool watched;
  watched.pool.report_success(
      "openai", "OPENAI_API_KEY[0]",
      {.latency = milliseconds(1500), .input_tokens = 100, .output_tokens = 50});
  watched.pool.report_rate_limit("openai", "OPENAI_API_KEY[1]", milliseconds(60'000));

  const auto text = metrics_of(watched);

  EXPECT_THAT(text,
              HasSubstr("keypool_requests_total{endpoint=\"openai\",key=\"OPENAI_API_KEY[0]\","
                        "outcome=\"succeeded\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("keypool_key_state{endpoint=\"openai\",key=\"OPENAI_API_KEY[1]\","
                              "state=\"cooling\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("keypool_keys{endpoint=\"openai\",state=\"ready\"} 1\n"));
}

TEST(Metrics, CountWhatBecameOfCalls) {
  WatchedPool watched;
  watched.traffic = {.endpoints = {{.answered = 5,
                                    .refused = 2,
                                    .in_flight = 3,
                                    .retries = 1,
                                    .retries_after = {{"throttled", 1}},
                                    .fallbacks = 6}},
                     .connections = 4,
                     .astray = 9};
  const auto text = metrics_of(watched);
  EXPECT_THAT(text, HasSubstr("keypool_calls_total{endpoint=\"openai\",outcome=\"answered\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("keypool_in_flight{endpoint=\"openai\"} 3\n"));
  EXPECT_THAT(text,
              HasSubstr("keypool_retries_total{endpoint=\"openai\",reason=\"throttled\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("keypool_fallbacks_total{endpoint=\"openai\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("keypool_waiting{endpoint=\"openai\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("keypool_connections 4\n"));
  EXPECT_THAT(text, HasSubstr("keypool_astray_calls_total 9\n"));
}

state::Figures tokens(std::uint64_t input, std::uint64_t output, std::uint64_t micro_usd) {
  state::Figures figures;
  figures[state::Figure::input_tokens] = input;
  figures[state::Figure::output_tokens] = output;
  figures[state::Figure::cost_micro_usd] = micro_usd;
  return figures;
}

TEST(Metrics, CountTokensAndCostByKeyAndModel) {
  WatchedPool watched;
  watched.used[{"openai", "A", "gpt"}] = tokens(100, 50, 2'500'000);
  const auto text = metrics_of(watched);
  EXPECT_THAT(text, HasSubstr("keypool_tokens_total{endpoint=\"openai\",key=\"A\",model=\"gpt\","
                              "direction=\"input\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("model=\"gpt\",direction=\"output\"} 50\n"));
  EXPECT_THAT(text, HasSubstr("keypool_cost_usd_total{endpoint=\"openai\",key=\"A\",model=\"gpt\"} "
                              "2.5\n"));
}

TEST(Metrics, AddUpTheUsageOfKeysThatAreNotToldApart) {
  WatchedPool watched;
  watched.add_crowd("crowd", kKeysToldApart + 1);
  watched.used[{"crowd", "K0", "gpt"}] = tokens(100, 0, 0);
  watched.used[{"crowd", "K1", "gpt"}] = tokens(11, 0, 0);
  EXPECT_THAT(metrics_of(watched),
              HasSubstr("keypool_tokens_total{endpoint=\"crowd\",model=\"gpt\","
                        "direction=\"input\"} 111\n"));
}

TEST(Metrics, TellTimesInBucketsThatAddUp) {
  WatchedPool watched;
  const std::array bounds{0.1, 1.0};
  watched.traffic.time_bounds = bounds;
  watched.traffic.endpoints = {{.lease_wait = {.counts = {3, 2, 1}, .seconds = 7.5}}};
  const auto text = metrics_of(watched);
  const std::string name = "keypool_lease_wait_seconds";
  EXPECT_THAT(text, HasSubstr(name + "_bucket{endpoint=\"openai\",le=\"0.1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{endpoint=\"openai\",le=\"1\"} 5\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{endpoint=\"openai\",le=\"+Inf\"} 6\n"));
  EXPECT_THAT(text, HasSubstr(name + "_count{endpoint=\"openai\"} 6\n"));
  EXPECT_THAT(text, HasSubstr(name + "_sum{endpoint=\"openai\"} 7.5\n"));
}

TEST(Metrics, TellKeysApartUpToAThousand) {
  WatchedPool watched;
  watched.add_crowd("thousand", kKeysToldApart);
  watched.add_crowd("more", kKeysToldApart + 1);
  const auto text = metrics_of(watched);
  EXPECT_THAT(text, HasSubstr("keypool_key_state{endpoint=\"thousand\",key=\"K999\""));
  EXPECT_THAT(text, Not(HasSubstr("endpoint=\"more\",key=")));
  EXPECT_THAT(text, HasSubstr("keypool_requests_total{endpoint=\"more\",outcome=\"succeeded\"} 0"));
}

TEST(Metrics, KeepTheirShapeWhateverAKeyIsCalled) {
  WatchedPool watched;
  watched.pool.add_key("openai", {.name = "a\"} 1\nevil{x=\"\\", .secret = Secret(kMarker)});
  EXPECT_THAT(metrics_of(watched), HasSubstr(R"(key="a\"} 1\nevil{x=\"\\")"));
}

TEST(Metrics, OfFortyThousandKeysStaySmall) {
  WatchedPool watched;
  watched.add_crowd("crowd", 41'000);
  EXPECT_LT(metrics_of(watched).size(), 2'000'000);
}

TEST(Metrics, OfFortyThousandKeysInManyEndpointsStaySmall) {
  WatchedPool watched;
  for (int i = 0; i < 41; ++i) watched.add_crowd("crowd-" + std::to_string(i), kKeysToldApart);
  const auto text = metrics_of(watched);
  EXPECT_LT(text.size(), 2'000'000);
  EXPECT_THAT(text, HasSubstr("endpoint=\"crowd-0\",key=\"K999\""));
  EXPECT_THAT(text, Not(HasSubstr("endpoint=\"crowd-40\",key=")));
}

TEST(Metrics, PassTheToolThatPrometheusComesWith) {
  if (std::system("command -v promtool >/dev/null") != 0) {
    GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
  }
  WatchedPool watched;
  watched.add_crowd("crowd", kKeysToldApart + 1);
  const auto file = std::filesystem::path(testing::TempDir()) / "keypool-metrics-XXXXXX";
  std::string path = file;
  const int descriptor = mkstemp(path.data());
  ASSERT_GE(descriptor, 0);
  close(descriptor);
  std::ofstream(path) << metrics_of(watched);

  const std::string output_file = path + ".out";
  const std::string command = "promtool check metrics <" + path + " >" + output_file + " 2>&1";
  const int status = std::system(command.c_str());

  std::ostringstream output;
  output << std::ifstream(output_file).rdbuf();
  EXPECT_EQ(status, 0);
  EXPECT_EQ(output.str(), "");
  std::filesystem::remove(path);
  std::filesystem::remove(output_file);
}

}  // namespace
}  // namespace keypool::admin
