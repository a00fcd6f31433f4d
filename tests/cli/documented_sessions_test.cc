// The terminal sessions of docs/cli.md are what a new user sees: each command is run, in a home of
// its own, and says what stands there.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "tests/cli/console_document.h"
#include "tests/cli/keypool_program.h"
#include "tests/cli/shell_session.h"

namespace keypool::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ConsoleDocument, IsReadAsItIsWritten) {
  const auto sections = console_sections(
      "# Title\n## One\nText\n```yaml a.yaml\nx: 1\n```\n```console\n$ first \\\n  more\nsays\n$ "
      "second\n```\n```sh\n$ not this\n```\n## Two\n");
  ASSERT_EQ(sections.size(), 3);
  EXPECT_EQ(sections[1].files.at(0).content, "x: 1\n");
  ASSERT_EQ(sections[1].steps.size(), 2);
  EXPECT_EQ(sections[1].steps[0].command, "first \\\n  more");
  EXPECT_THAT(sections[1].steps[0].says, ElementsAre("says"));
  EXPECT_THAT(sections[1].steps[1].says, IsEmpty());
  EXPECT_EQ(sections[1].steps[1].line, 11);
}

TEST(ConsoleDocument, DotsStandForAnything) {
  EXPECT_TRUE(says_so({"took … ms", "…", "end"}, "took 12 ms\na\nb\nend\n"));
  EXPECT_TRUE(says_so({"…"}, ""));
  EXPECT_TRUE(says_so({}, ""));
  EXPECT_TRUE(says_so({"a…"}, "a"));
  EXPECT_FALSE(says_so({"took … ms"}, "took 12 s\n"));
  EXPECT_FALSE(says_so({"one"}, "one\ntwo\n"));
  EXPECT_FALSE(says_so({"one", "two"}, "one\n"));
}

std::string document() {
  std::ifstream file(KEYPOOL_DOCS_FOLDER "/cli.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The ports that the document names, each replaced by one that is free here. They lie below those
/// that the system hands out by itself, so that nobody takes one in between.
class Ports {
 public:
  std::string replaced(const std::string& text) {
    static const std::regex port(R"(127\.0\.0\.1:(8080|8081|9000)\b)");
    std::string result;
    auto from = text.cbegin();
    for (std::sregex_iterator at(text.begin(), text.end(), port), end; at != end; ++at) {
      result.append(from, (*at)[0].first);
      result += "127.0.0.1:" + std::to_string(instead_of((*at)[1].str()));
      from = (*at)[0].second;
    }
    return result.append(from, text.cend());
  }

 private:
  int instead_of(const std::string& port) {
    auto& instead = chosen_[port];
    while (instead == 0) {
      const int candidate = 20'000 + (static_cast<int>(::getpid()) + next_++ * 37) % 12'000;
      if (nobody_listens_on(candidate)) instead = candidate;
    }
    return instead;
  }

  int next_ = 0;
  std::map<std::string, int> chosen_;
};

TEST(DocumentedSessions, AreWhatAUserSees) {
  Keypool keypool;
  const std::filesystem::path home = keypool.environment().at("HOME");
  keypool.with("PATH", std::string(KEYPOOL_FOLDER) + ":/usr/bin:/bin").with("LC_ALL", "C.UTF-8");
  std::filesystem::create_directory(home / "run");
  std::filesystem::permissions(home / "run", std::filesystem::perms::owner_all);
  keypool.with("XDG_RUNTIME_DIR", home / "run");
  Ports ports;
  for (const ConsoleSection& section : console_sections(document())) {
    SCOPED_TRACE(section.heading);
    for (const ConsoleFile& file : section.files) {
      keypool.file(file.name, ports.replaced(file.content));
    }
    ShellSession shell(keypool.environment());
    for (const ConsoleStep& step : section.steps) {
      std::vector<std::string> says;
      for (const std::string& line : step.says) says.push_back(ports.replaced(line));
      const std::string said =
          shell.run(ports.replaced(step.command),
                    [&](std::string_view so_far) { return says_so(says, so_far); });
      EXPECT_TRUE(says_so(says, said))
          << "docs/cli.md:" << step.line << ": $ " << step.command << "\nsays:\n"
          << said;
    }
  }
}

TEST(DocumentedSessions, ShowEveryCommand) {
  const std::string text = document();
  for (const char* command : {"serve",
                              "init",
                              "demo",
                              "check",
                              "status",
                              "usage",
                              "exec",
                              "secrets put",
                              "secrets get",
                              "secrets status",
                              "secrets delete",
                              "secrets list",
                              "secrets available",
                              "secrets migrate-from-env",
                              "token create",
                              "token list",
                              "token revoke",
                              "token hash",
                              "reload",
                              "stats export",
                              "stats import",
                              "import",
                              "lab provider",
                              "lab simulate",
                              "completion bash",
                              "man"}) {
    const std::regex session("\\n\\$ (|.*[|=a-z-] ?)keypool " + std::string(command) + "\\b");
    EXPECT_TRUE(std::regex_search(text, session)) << "no session of keypool " << command;
  }
}

}  // namespace
}  // namespace keypool::test
