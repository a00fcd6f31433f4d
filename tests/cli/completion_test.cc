// Completion: what a shell offers, asked of a real bash, and that no command is forgotten.
#include <algorithm>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_tree.h"
#include "cli/suggestions.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using cli::Suggestions;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

/// keypool's commands, over a configuration with two endpoints.
class Tree : public testing::Test {
 protected:
  Tree() { cli::add_all_commands(app_, run_); }

  Suggestions suggest(const std::vector<std::string>& words) {
    return cli::suggestions(app_, words, [] {
      return cli::KnownNames{.endpoints = {"openai", "claude"},
                             .keys = {"OPENAI_API_KEY", "TEAM_B_KEY"}};
    });
  }

  std::vector<std::string> words(const std::vector<std::string>& so_far) {
    std::vector<std::string> texts;
    for (const auto& one : suggest(so_far).words) texts.push_back(one.text);
    return texts;
  }

  /// Every command with the words that lead to it.
  void visit(const CLI::App& command, const std::vector<std::string>& path,
             const std::function<void(const CLI::App&, std::vector<std::string>)>& look) {
    look(command, path);
    for (const CLI::App* one : cli::shown_commands(command)) {
      auto deeper = path;
      deeper.push_back(one->get_name());
      visit(*one, deeper, look);
    }
  }

  CLI::App app_;
  cli::Run run_;
};

TEST_F(Tree, OffersEveryCommandAndOptionThereIs) {
  visit(app_, {}, [&](const CLI::App& command, std::vector<std::string> path) {
    path.emplace_back("");
    for (const CLI::App* one : cli::shown_commands(command)) {
      EXPECT_THAT(words(path), Contains(one->get_name()));
    }
    path.back() = "--";
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        EXPECT_THAT(words(path), Contains("--" + name)) << cli::full_name(command);
      }
    }
  });
}

TEST_F(Tree, ExplainsEachOfThem) {
  for (const auto& one : suggest({""}).words) EXPECT_THAT(one.help, Not(IsEmpty())) << one.text;
  for (const auto& one : suggest({"serve", "--"}).words) EXPECT_THAT(one.help, Not(IsEmpty()));
}

TEST_F(Tree, HidesWhatIsForScripts) { EXPECT_THAT(words({"comp"}), ElementsAre("completion")); }

struct Case {
  const char* name;
  std::vector<std::string> words;
  std::vector<std::string> offered;
  Suggestions::Else otherwise = Suggestions::Else::nothing;
};

TEST_F(Tree, OffersWhatFits) {
  const Case cases[] = {
      {"a command's beginning", {"sta"}, {"status", "stats"}},
      {"an inner command", {"secrets", "p"}, {"put"}},
      {"an option's beginning", {"check", "--pr"}, {"--probe"}},
      {"words that an option takes", {"serve", "--log-level", "w"}, {"warn"}},
      {"the same, as bash takes it apart", {"serve", "--log-level", "=", "w"}, {"warn"}},
      {"the same, before a letter",
       {"serve", "--log-level", "="},
       {"trace", "debug", "info", "warn", "error", "off"}},
      {"an endpoint", {"exec", ""}, {"openai", "claude"}},
      {"an endpoint of an option", {"usage", "--endpoint", "c"}, {"claude"}},
      {"a key's name", {"secrets", "put", "TEAM"}, {"TEAM_B_KEY"}},
      {"a key's name of an option", {"usage", "--key", "O"}, {"OPENAI_API_KEY"}},
      {"nothing after the last value", {"secrets", "put", "A", ""}, {}},
      {"a file", {"serve", "--config", "k"}, {}, Suggestions::Else::files},
      {"a folder", {"serve", "--state", ""}, {}, Suggestions::Else::folders},
      {"a file's place", {"stats", "import", ""}, {}, Suggestions::Else::files},
      {"the command behind --", {"exec", "openai", "--", "py"}, {}, Suggestions::Else::files},
      {"no options behind --", {"exec", "openai", "--", "--m"}, {}, Suggestions::Else::files},
      {"an unknown command", {"nonsense", ""}, {}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(words(one.words), testing::UnorderedElementsAreArray(one.offered)) << one.name;
    EXPECT_EQ(suggest(one.words).otherwise, one.otherwise) << one.name;
  }
}

/// What a bash with our script offers for words, the last of which is under the cursor.
class Bash : public testing::Test {
 protected:
  Bash() {
    keypool_.with("PATH", std::string(KEYPOOL_FOLDER) + ":/usr/bin:/bin");
    script_ = keypool_.file("completion.bash", output({"completion", "bash"}));
  }

  std::string output(std::vector<std::string> arguments) {
    auto run = keypool_.start(std::move(arguments));
    EXPECT_EQ(run.wait(), 0) << run.err();
    return run.out();
  }

  std::string offered(const std::string& words, int cursor) {
    Program bash({"bash", "--norc", "-c",
                  "cd; source " + script_ + "; COMP_WORDS=(" + words +
                      "); COMP_CWORD=" + std::to_string(cursor) +
                      "; compopt() { :; }; "  // only completion itself may call the real one
                      "complete -p keypool >/dev/null || exit 9; _keypool; "
                      "printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort"},
                 keypool_.environment());
    EXPECT_EQ(bash.wait(), 0) << bash.err();
    return bash.out();
  }

  Keypool keypool_;
  std::string script_;
};

TEST_F(Bash, OffersCommands) {
  EXPECT_EQ(offered("keypool che", 1), "check\n");
  EXPECT_THAT(offered("keypool secrets ''", 2), HasSubstr("migrate-from-env\n"));
}

TEST_F(Bash, OffersOptions) { EXPECT_EQ(offered("keypool check --pro", 2), "--probe\n"); }

TEST_F(Bash, OffersNamesOfTheConfigurationInForce) {
  keypool_.with("OPENAI_API_KEY", kMarker);
  const auto file = keypool_.file("other.yaml", R"(
endpoints:
  - { name: acme, base_url: "http://127.0.0.1:1", dialect: openai, keys: [ACME_KEY] }
)");
  EXPECT_EQ(offered("keypool exec ''", 2), "openai\n");
  EXPECT_EQ(offered("keypool exec --config " + file + " ''", 4), "acme\n");
  keypool_.with("KEYPOOL_CONFIG", file);
  EXPECT_EQ(offered("keypool secrets get A", 3), "ACME_KEY\n");
}

TEST_F(Bash, OffersFilesAndFolders) {
  keypool_.file("ab c.yaml", "");
  keypool_.file("abd/inner", "");
  EXPECT_EQ(offered("keypool serve --config ab", 3), "ab c.yaml\nabd\n");
  EXPECT_EQ(offered("keypool serve --config = ab", 4), "ab c.yaml\nabd\n");
  EXPECT_EQ(offered("keypool serve --state ab", 3), "abd\n");
}

TEST_F(Bash, NeverShowsASecret) {
  keypool_.with("OPENAI_API_KEY", kMarker);
  for (const char* words : {"keypool exec ''", "keypool usage --key ''"}) {
    EXPECT_THAT(offered(words, words[8] == 'e' ? 2 : 3), Not(HasSubstr("marker")));
  }
}

TEST_F(Bash, AConfigurationWithMistakesOffersNothingAndSaysNothing) {
  keypool_.with("KEYPOOL_CONFIG", keypool_.file("bad.yaml", "endpoints: 7"));
  EXPECT_EQ(offered("keypool exec ''", 2), "\n");
}

struct Shell {
  const char* name;
  std::vector<std::string> check;  ///< reads the script at the end without running it
};

TEST(CompletionScripts, AreGoodForTheirShells) {
  Keypool keypool;
  const Shell shells[] = {
      {"bash", {"bash", "-n"}}, {"zsh", {"zsh", "-n"}}, {"fish", {"fish", "--no-execute"}}};
  for (const Shell& shell : shells) {
    auto script = keypool.start({"completion", shell.name});
    ASSERT_EQ(script.wait(), 0);
    auto command = shell.check;
    command.push_back(keypool.file(shell.name, script.out()));
    Program check(std::move(command), keypool.environment());
    EXPECT_EQ(check.wait(), 0) << shell.name << ": " << check.err();
  }
}

TEST(FishCompletion, OffersCommandsWithTheirExplanations) {
  Keypool keypool;
  keypool.with("PATH", std::string(KEYPOOL_FOLDER) + ":/usr/bin:/bin");
  Program fish(
      {"fish", "--no-config", "-c", "keypool completion fish | source; complete -C 'keypool sta'"},
      keypool.environment());
  EXPECT_EQ(fish.wait(), 0) << fish.err();
  EXPECT_THAT(fish.out(), HasSubstr("status\tShow the keys of a running gateway"));
}

TEST(ZshCompletion, OffersCommands) {
  Keypool keypool;
  keypool.with("PATH", std::string(KEYPOOL_FOLDER) + ":/usr/bin:/bin");
  // Only a line editor may call _describe: another takes its place, and prints.
  Program zsh({"zsh", "-f", "-c",
               "compdef() { :; }; _describe() { print -l -- $described; }; "
               "source <(keypool completion zsh); words=(keypool sta); CURRENT=2; _keypool"},
              keypool.environment());
  EXPECT_EQ(zsh.wait(), 0) << zsh.err();
  EXPECT_THAT(zsh.out(), HasSubstr("status:Show the keys of a running gateway\n"));
}

}  // namespace
}  // namespace keypool::test
