#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <keypool/stats_file.h>

#include "tests/secrets/temporary_folder.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

json content(const std::filesystem::path& path) { return json::parse(std::ifstream(path)); }

std::string text(const std::filesystem::path& path) {
  std::ostringstream all;
  all << std::ifstream(path).rdbuf();
  return all.str();
}

void add_key(KeyPool& pool, const std::string& endpoint, const std::string& name) {
  ASSERT_TRUE(pool.add_key(endpoint, {.name = name, .secret = Secret("sk-" + name)}));
}

/// One call with the only key of `endpoint`.
void call(KeyPool& pool, const std::string& endpoint) {
  auto lease = pool.lease(endpoint);
  ASSERT_TRUE(lease.has_value());
  lease->succeed({.latency = 500ms, .input_tokens = 100, .output_tokens = 50});
}

class StatsFileTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "state" / "stats.json";
};

TEST_F(StatsFileTest, WhatOnePoolSavesAnotherLoads) {
  KeyPool before;
  add_key(before, "openai", "KEY");
  call(before, "openai");
  ASSERT_TRUE(save_stats(before, path_).has_value());

  KeyPool after;
  add_key(after, "openai", "KEY");
  const auto loaded = load_stats(after, path_);

  EXPECT_EQ(loaded.value(), 1u);
  const auto stats = after.stats("openai").at(0);
  EXPECT_EQ(stats.total_requests, 1u);
  EXPECT_EQ(stats.successes, 1u);
  EXPECT_EQ(stats.total_latency, 500ms);
  EXPECT_EQ(stats.total_input_tokens, 100u);
  EXPECT_EQ(stats.total_output_tokens, 50u);
  EXPECT_TRUE(stats.last_success_at.has_value());
}

TEST_F(StatsFileTest, TheSeedsFileIsImportedAndExportedWithTheSameMeaning) {
  const auto seed = std::filesystem::path(KEYPOOL_TEST_DATA) / "car_stats.json";
  KeyPool pool;

  EXPECT_EQ(load_stats(pool, seed).value(), 4u);
  ASSERT_TRUE(save_stats(pool, path_).has_value());

  auto expected = content(seed);
  for (auto* moment : {"last_rate_limit_at", "last_success_at"}) {
    expected["https://api.anthropic.com"][0][moment] = 0;
  }
  expected.erase("https://empty.example.com");  // an endpoint without keys has no stats
  auto exported = content(path_);
  exported.erase("https://empty.example.com");
  EXPECT_EQ(exported, expected);
}

TEST_F(StatsFileTest, KeysThatAreNotRegisteredStayInTheFile) {
  KeyPool pool;
  ASSERT_TRUE(load_stats(pool, std::filesystem::path(KEYPOOL_TEST_DATA) / "car_stats.json"));
  add_key(pool, "openai", "KEY");

  ASSERT_TRUE(save_stats(pool, path_).has_value());

  EXPECT_EQ(content(path_)["https://api.anthropic.com"][0]["total_requests"], 18);
  EXPECT_EQ(content(path_)["openai"][0]["env_var"], "KEY");
}

TEST_F(StatsFileTest, ASaveKeepsWhatAnotherPoolSaved) {
  KeyPool ours;
  add_key(ours, "openai", "OURS");
  KeyPool theirs;
  add_key(theirs, "openai", "THEIRS");
  add_key(theirs, "groq", "GROQ");

  ASSERT_TRUE(save_stats(theirs, path_).has_value());
  ASSERT_TRUE(save_stats(ours, path_).has_value());

  EXPECT_EQ(content(path_)["openai"].size(), 2u);
  EXPECT_EQ(content(path_)["groq"].size(), 1u);
}

TEST_F(StatsFileTest, SavingTwiceChangesNothing) {
  KeyPool pool;
  add_key(pool, "openai", "KEY");
  call(pool, "openai");
  ASSERT_TRUE(save_stats(pool, path_).has_value());
  const auto once = text(path_);

  ASSERT_TRUE(save_stats(pool, path_).has_value());

  EXPECT_EQ(text(path_), once);
}

TEST_F(StatsFileTest, AFileThatIsNotThereHoldsNoKeys) {
  KeyPool pool;

  EXPECT_EQ(load_stats(pool, path_).value(), 0u);
}

TEST_F(StatsFileTest, ABadFileIsRefusedAndLeftAlone) {
  const auto path = folder_.write("stats.json", "{\n  \"openai\": [,]\n}");
  KeyPool pool;
  add_key(pool, "openai", "KEY");

  const auto loaded = load_stats(pool, path);
  const auto saved = save_stats(pool, path);

  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().path, path);
  EXPECT_THAT(loaded.error().message, HasSubstr("line 2, column 14: not JSON"));
  ASSERT_FALSE(saved.has_value());
  EXPECT_EQ(saved.error().message, loaded.error().message);
  EXPECT_EQ(text(path), "{\n  \"openai\": [,]\n}");
  EXPECT_EQ(pool.stats("openai").at(0).total_requests, 0u);
}

TEST_F(StatsFileTest, AFileInPlaceOfTheFolderIsNamed) {
  KeyPool pool;
  const auto saved = save_stats(pool, folder_.write("file", "") / "stats.json");

  ASSERT_FALSE(saved.has_value());
  EXPECT_THAT(saved.error().message, HasSubstr("cannot make the folder"));
}

TEST_F(StatsFileTest, ProgramsThatShareAFileAndItsKeysAddUp) {
  KeyPool ours;
  KeyPool theirs;
  add_key(ours, "openai", "KEY");
  add_key(theirs, "openai", "KEY");
  StatsFile our_file(path_);
  StatsFile their_file(path_);
  ASSERT_TRUE(our_file.load(ours).has_value());
  ASSERT_TRUE(their_file.load(theirs).has_value());

  call(ours, "openai");
  call(theirs, "openai");
  ASSERT_TRUE(our_file.save(ours).has_value());
  ASSERT_TRUE(their_file.save(theirs).has_value());
  call(ours, "openai");
  ASSERT_TRUE(our_file.save(ours).has_value());

  EXPECT_EQ(content(path_)["openai"][0]["total_requests"], 3);
  EXPECT_EQ(content(path_)["openai"][0]["total_input_tokens"], 300);
}

TEST_F(StatsFileTest, APoolThatLoadsTheSharedFileGoesOnFromTheSum) {
  KeyPool theirs;
  add_key(theirs, "openai", "KEY");
  StatsFile their_file(path_);
  call(theirs, "openai");
  ASSERT_TRUE(their_file.save(theirs).has_value());

  KeyPool ours;
  add_key(ours, "openai", "KEY");
  StatsFile our_file(path_);
  ASSERT_TRUE(our_file.load(ours).has_value());
  call(ours, "openai");
  ASSERT_TRUE(our_file.save(ours).has_value());

  EXPECT_EQ(ours.stats("openai").at(0).total_requests, 2u);
  EXPECT_EQ(content(path_)["openai"][0]["total_requests"], 2);
}

}  // namespace
}  // namespace keypool
