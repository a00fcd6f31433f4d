// What every command has in common: help, the version, and exit code 2 for a wrong use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Usage, VersionIsPrinted) {
  Keypool keypool;
  auto run = keypool.start({"--version"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), testing::MatchesRegex("keypool [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Usage, WithoutACommandIsWrong) {
  Keypool keypool;
  auto run = keypool.start({});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), HasSubstr("subcommand is required"));
}

struct Command {
  std::string name;
  std::vector<std::string> words;
};

class Help : public testing::TestWithParam<Command> {};

TEST_P(Help, ShowsExamples) {
  Keypool keypool;
  auto arguments = GetParam().words;
  arguments.push_back("--help");
  auto run = keypool.start(arguments);
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("Examples:\n  "));
  EXPECT_THAT(run.err(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(EveryCommand, Help,
                         testing::Values(Command{"keypool", {}}, Command{"serve", {"serve"}},
                                         Command{"demo", {"demo"}}, Command{"check", {"check"}},
                                         Command{"status", {"status"}},
                                         Command{"secrets", {"secrets"}},
                                         Command{"usage", {"usage"}}, Command{"stats", {"stats"}},
                                         Command{"init", {"init"}}, Command{"exec", {"exec"}},
                                         Command{"lab", {"lab"}},
                                         Command{"lab_provider", {"lab", "provider"}}),
                         [](const auto& row) { return row.param.name; });

class WrongUse : public testing::TestWithParam<Command> {};

TEST_P(WrongUse, EndsWithTwoAndSaysWhy) {
  Keypool keypool;
  auto run = keypool.start(GetParam().words);
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    Of, WrongUse,
    testing::Values(Command{"unknown_command", {"sevre"}},
                    Command{"unknown_option", {"check", "--jsn"}},
                    Command{"listen_without_port", {"serve", "--listen", "127.0.0.1"}},
                    Command{"listen_with_a_word_for_a_port",
                            {"serve", "--listen", "127.0.0.1:http"}},
                    Command{"listen_on_a_port_too_high", {"serve", "--listen", "127.0.0.1:65536"}},
                    Command{"listen_beyond_this_machine", {"serve", "--listen", "0.0.0.0:8080"}},
                    Command{"admin_beyond_this_machine", {"serve", "--admin-listen", "[::]:8081"}},
                    Command{"no_threads", {"serve", "--threads", "0"}},
                    Command{"unknown_log_level", {"serve", "--log-level", "loud"}},
                    Command{"demo_of_no_length", {"demo", "--seconds", "0"}},
                    Command{"admin_over_https", {"status", "--admin", "https://127.0.0.1:8081"}},
                    Command{"admin_without_port", {"status", "--admin", "http://localhost"}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace keypool::test
