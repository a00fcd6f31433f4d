#include "state/stats_document.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

namespace keypool::state {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string seed_fixture() {
  std::ifstream file(std::filesystem::path(KEYPOOL_TEST_DATA) / "car_stats.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

KeyStats counted(std::string name, std::uint64_t requests) {
  KeyStats stats;
  stats.name = std::move(name);
  stats.total_requests = requests;
  stats.successes = requests;
  return stats;
}

/// The requests of one key, by name.
std::uint64_t requests(const StatsDocument& document, std::string_view key) {
  for (const auto& endpoint : document.stats()) {
    for (const auto& stats : endpoint.keys) {
      if (stats.name == key) return stats.total_requests;
    }
  }
  ADD_FAILURE() << "no key " << key;
  return 0;
}

TEST(StatsDocument, ReadsWhatTheSeedWrote) {
  const auto document = StatsDocument::parse(seed_fixture());

  ASSERT_TRUE(document.has_value()) << document.error();
  const auto stats = document->stats();
  ASSERT_EQ(stats.size(), 3u);
  EXPECT_EQ(stats[1].endpoint, "https://api.openai.com");
  ASSERT_EQ(stats[1].keys.size(), 3u);
  const KeyStats& key = stats[1].keys[0];
  EXPECT_EQ(key.name, "OPENAI_API_KEY[1]");
  EXPECT_EQ(key.total_requests, 112u);
  EXPECT_EQ(key.successes, 104u);
  EXPECT_EQ(key.failures, 3u);
  EXPECT_EQ(key.rate_limits, 5u);
  EXPECT_EQ(key.total_latency, 98765ms);
  EXPECT_EQ(key.total_input_tokens, 512044u);
  EXPECT_EQ(key.total_output_tokens, 73018u);
  EXPECT_EQ(key.last_rate_limit_at, WallTime(1763500123s));
  EXPECT_EQ(key.last_success_at, WallTime(1763501999s));
}

TEST(StatsDocument, ZeroAndAbsentMomentsMeanNever) {
  const auto stats = StatsDocument::parse(seed_fixture()).value().stats();

  EXPECT_EQ(stats[0].keys[0].last_rate_limit_at, std::nullopt) << "absent";
  EXPECT_EQ(stats[0].keys[0].last_success_at, std::nullopt) << "absent";
  EXPECT_EQ(stats[1].keys[1].last_success_at, std::nullopt) << "zero";
}

TEST(StatsDocument, WritesWhatTheSeedReadsWithTheSameMeaning) {
  auto expected = nlohmann::json::parse(seed_fixture());
  for (auto* moment : {"last_rate_limit_at", "last_success_at"}) {
    expected["https://api.anthropic.com"][0][moment] = 0;  // what the seed reads where it is absent
  }

  const auto written = StatsDocument::parse(seed_fixture()).value().text();

  EXPECT_EQ(nlohmann::json::parse(written), expected);
}

TEST(StatsDocument, WritingIsStable) {
  const auto once = StatsDocument::parse(seed_fixture()).value().text();
  const auto twice = StatsDocument::parse(once).value().text();

  EXPECT_EQ(once, twice);
}

TEST(StatsDocument, LooksAsTheSeedsFileDoes) {
  StatsDocument document;
  document.put({{"openai", {counted("OPENAI_API_KEY", 3)}}});

  EXPECT_EQ(document.text(), R"({
  "openai": [
    {
      "env_var": "OPENAI_API_KEY",
      "total_requests": 3,
      "successes": 3,
      "failures": 0,
      "rate_limits": 0,
      "total_latency_ms": 0,
      "total_input_tokens": 0,
      "total_output_tokens": 0,
      "last_rate_limit_at": 0,
      "last_success_at": 0
    }
  ]
}
)");
}

TEST(StatsDocument, KeepsFieldsOfLaterVersions) {
  auto file = nlohmann::json::parse(seed_fixture());
  file["https://api.openai.com"][0]["learned"] = {{"rpm", 500}};
  auto document = StatsDocument::parse(file.dump()).value();

  document.put({{"https://api.openai.com", {counted("OPENAI_API_KEY[1]", 1)}}});

  const auto written = nlohmann::json::parse(document.text());
  EXPECT_EQ(written["https://api.openai.com"][0]["learned"]["rpm"], 500);
  EXPECT_EQ(written["https://api.openai.com"][0]["total_requests"], 1);
}

TEST(StatsDocument, PutKeepsKeysAndEndpointsThatArePutNowhere) {
  auto document = StatsDocument::parse(seed_fixture()).value();

  document.put({{"https://api.openai.com", {counted("NEW_KEY", 7)}}});

  EXPECT_EQ(requests(document, "NEW_KEY"), 7u);
  EXPECT_EQ(requests(document, "OPENAI_API_KEY[1]"), 112u);
  EXPECT_EQ(requests(document, "ANTHROPIC_API_KEY"), 18u);
}

TEST(StatsDocument, AddAddsWhatWasCountedSince) {
  StatsDocument document;
  document.put({{"openai", {counted("KEY", 100)}}});

  document.add({{"openai", {counted("KEY", 40)}}}, {{"openai", {counted("KEY", 45)}}});

  EXPECT_EQ(requests(document, "KEY"), 105u);
}

TEST(StatsDocument, AddTakesLowerCountsForANewBeginning) {
  StatsDocument document;
  document.put({{"openai", {counted("KEY", 100)}}});

  document.add({{"openai", {counted("KEY", 40)}}}, {{"openai", {counted("KEY", 2)}}});

  EXPECT_EQ(requests(document, "KEY"), 102u);
}

TEST(StatsDocument, AddKeepsTheLaterMoment) {
  auto ours = counted("KEY", 1);
  ours.last_success_at = WallTime(50s);
  auto theirs = counted("KEY", 1);
  theirs.last_success_at = WallTime(90s);
  StatsDocument document;
  document.put({{"openai", {theirs}}});

  document.add({}, {{"openai", {ours}}});

  EXPECT_EQ(document.stats()[0].keys[0].last_success_at, WallTime(90s));
}

TEST(StatsDocument, AddStopsAtTheLargestNumber) {
  StatsDocument document;
  document.put({{"openai", {counted("KEY", ~0ull)}}});

  document.add({}, {{"openai", {counted("KEY", 5)}}});

  EXPECT_EQ(requests(document, "KEY"), ~0ull);
}

struct BadFile {
  const char* name;
  std::string text;
  const char* message;
};

class BadStats : public testing::TestWithParam<BadFile> {};

TEST_P(BadStats, IsRefusedWithItsPlace) {
  const auto document = StatsDocument::parse(GetParam().text);

  ASSERT_FALSE(document.has_value());
  EXPECT_THAT(document.error(), HasSubstr(GetParam().message));
}

/// A file of one key, with `fields` in the place of its last two.
std::string one_key(const std::string& fields) {
  return R"({
  "openai": [
    {
      "env_var": "KEY", "total_requests": 1, "successes": 1, "failures": 0, "rate_limits": 0,
      "total_latency_ms": 1, "total_input_tokens": 1, )" +
         fields + "}\n  ]\n}";
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadStats,
    testing::Values(
        BadFile{"Empty", "", "line 1, column 1: not JSON: unexpected end of input"},
        BadFile{"CutOff", "{\n  \"openai\": [",
                "line 2, column 14: not JSON: unexpected end of input"},
        BadFile{"TrailingComma", "{\n  \"openai\": [],\n}",
                "line 3, column 1: not JSON: unexpected '}'"},
        BadFile{"Garbage", "OPENAI_API_KEY=sk-1", "line 1, column 1: not JSON: invalid literal"},
        BadFile{"InvalidUtf8", "{\"\xFF\": []}", "line 1, column 3: not JSON: invalid string"},
        BadFile{"NumberBeyondAllBounds", one_key("\"total_output_tokens\": 1e999"),
                "not JSON: a number is too large"},
        BadFile{"List", "\n []", "line 2, column 2: expected an object: endpoint → list of keys"},
        BadFile{"EndpointIsNoList", "{\n \"openai\": {}}",
                "line 2, column 12: openai: expected a list of keys"},
        BadFile{"KeyIsNoObject", "{\"openai\": [\"KEY\"]}",
                "line 1, column 13: openai[0]: expected an object with a key's counts"},
        BadFile{"KeyWithoutAName", "{\"openai\": [{}]}",
                "line 1, column 13: openai[0]: the field `env_var` is missing"},
        BadFile{"NameIsNoString", "{\"openai\": [{\"env_var\": 7}]}",
                "line 1, column 25: openai[0].env_var: expected a string, the key's name"},
        BadFile{"CountMissing", one_key("\"last_success_at\": 0"),
                "line 3, column 5: openai[0]: the field `total_output_tokens` is missing"},
        BadFile{
            "CountIsText", one_key("\"total_output_tokens\": \"12\""),
            "line 5, column 78: openai[0].total_output_tokens: expected a whole number from 0 to "
            "18446744073709551615"},
        BadFile{"CountIsNegative", one_key("\"total_output_tokens\": -1"),
                "openai[0].total_output_tokens: expected a whole number"},
        BadFile{"CountIsAFraction", one_key("\"total_output_tokens\": 1.5"),
                "openai[0].total_output_tokens: expected a whole number"},
        BadFile{"MomentBeyondTime",
                one_key("\"total_output_tokens\": 1, \"last_success_at\": 18446744073709551615"),
                "openai[0].last_success_at: expected a whole number from 0 to 9223372036854775"},
        BadFile{"NestedTooDeeply",
                one_key("\"later\": " + std::string(100'000, '[') + std::string(100'000, ']')),
                "nested too deeply for a stats file"}),
    [](const auto& row) { return row.param.name; });

TEST(StatsDocument, AMessageNeverRepeatsTheFile) {
  const auto document = StatsDocument::parse("{\"openai\": [\"sk-marker\n\"]}");

  ASSERT_FALSE(document.has_value());
  EXPECT_THAT(document.error(), testing::Not(HasSubstr("sk-marker")));
}

TEST(StatsDocument, AnyBytesAreReadOrRefused) {
  EXPECT_TRUE(rc::check("random bytes",
                        [](const std::string& bytes) { (void)StatsDocument::parse(bytes); }));
  const auto fixture = seed_fixture();
  EXPECT_TRUE(rc::check("a fixture with one byte changed", [&] {
    auto text = fixture;
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
    if (auto document = StatsDocument::parse(text)) {
      RC_ASSERT(StatsDocument::parse(document->text()).has_value());
    }
  }));
}

}  // namespace
}  // namespace keypool::state
