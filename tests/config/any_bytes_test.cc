// Whatever a file holds, it is a configuration or a list of problems with places inside of it.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "config/load.h"

namespace keypool::config {
namespace {

constexpr std::string_view kValid = R"(listen: 127.0.0.1:9090
admin: { listen: "[::1]:9091" }
threads: 2
limits:
  head_bytes: 32KiB
  idle_time: 1m30s
endpoints:
  - name: openai
    base_url: https://api.openai.com
    dialect: openai
    keys:
      - OPENAI_API_KEY
      - { name: TEAM_B_KEY, group: team-b, disabled: true }
    cooldown: 90s
  - { name: local, base_url: 'http://[::1]:11434/a', dialect: generic, keys: none }
routes:
  - { model: "gpt-*", endpoint: openai }
)";

void expect_config_or_problems(const std::string& text) {
  const auto config = parse(text, "k.yaml");
  if (config) {
    RC_ASSERT(!config->endpoints.empty());
    return;
  }
  RC_ASSERT(!config.error().empty());
  const auto lines = std::ranges::count(text, '\n') + 1;
  for (const Problem& problem : config.error()) {
    RC_ASSERT(problem.place.line >= 1);
    // The parser counts a line more behind some line ends.
    RC_ASSERT(problem.place.line <= lines + std::ranges::count(text, '\r') + 1);
    RC_ASSERT(problem.place.column >= 1);
    RC_ASSERT(!problem.expected.empty());
  }
}

TEST(AnyBytes, AreAConfigurationOrProblems) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) { expect_config_or_problems(bytes); }));
}

TEST(AnyBytes, MadeOfYamlsOwnSignsToo) {
  const auto sign = rc::gen::element<std::string>(
      "a", "1", " ", "  ", "\n", "\t", ":", ": ", "- ", "-", "[", "]", "{", "}", ",", "\"", "'",
      "#", "&", "*", "!", "|", ">", "%", "@", "`", "?", "? ", "---", "...", "\r\n", "\\", "<<", "~",
      "\xC3\xA9", "\xE2\x80\xA8", "endpoints", "keys", "name");
  EXPECT_TRUE(rc::check([&] {
    const auto signs = *rc::gen::container<std::vector<std::string>>(sign);
    std::string text;
    for (const auto& each : signs) text += each;
    expect_config_or_problems(text);
  }));
}

TEST(AnyBytes, NearAValidFileToo) {
  EXPECT_TRUE(rc::check([] {
    std::string text(kValid);
    const auto changes = *rc::gen::inRange(1, 6);
    for (int change = 0; change < changes && !text.empty(); ++change) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      const auto size = *rc::gen::inRange<std::size_t>(0, 12);
      text.replace(at, size, *rc::gen::string<std::string>());
    }
    expect_config_or_problems(text);
  }));
}

}  // namespace
}  // namespace keypool::config
