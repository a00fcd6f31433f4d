#include "admin/metrics.h"

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
  return metrics_text(take_snapshot(watched.subject()));
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
  EXPECT_THAT(text, HasSubstr("keypool_tokens_total{endpoint=\"openai\",key=\"OPENAI_API_KEY[0]\","
                              "direction=\"input\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("keypool_key_state{endpoint=\"openai\",key=\"OPENAI_API_KEY[1]\","
                              "state=\"cooling\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("keypool_keys{endpoint=\"openai\",state=\"ready\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("keypool_upstream_seconds_sum{endpoint=\"openai\"} 1.5\n"));
}

TEST(Metrics, CountWhatBecameOfCalls) {
  WatchedPool watched;
  watched.traffic = {
      .endpoints = {{.answered = 5, .refused = 2, .in_flight = 3, .retries = 1, .fallbacks = 6}},
      .connections = 4,
      .astray = 9};
  const auto text = metrics_of(watched);
  EXPECT_THAT(text, HasSubstr("keypool_calls_total{endpoint=\"openai\",outcome=\"answered\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("keypool_in_flight{endpoint=\"openai\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("keypool_retries_total{endpoint=\"openai\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("keypool_fallbacks_total{endpoint=\"openai\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("keypool_waiting{endpoint=\"openai\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("keypool_connections 4\n"));
  EXPECT_THAT(text, HasSubstr("keypool_astray_calls_total 9\n"));
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
