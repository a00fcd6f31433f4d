// Manual pages: every command and option is in them, and man shows them without a complaint.
#include <functional>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_tree.h"
#include "cli/man_page.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string with_dashes(std::string name) {
  for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) {
    name.insert(at, "\\");
  }
  return name;
}

void expect_told(const CLI::App& command, const std::string& page) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      EXPECT_THAT(page, HasSubstr("\\-\\-" + with_dashes(name))) << cli::full_name(command);
    }
  }
  for (const CLI::App* one : cli::shown_commands(command)) {
    EXPECT_THAT(page, HasSubstr(with_dashes(cli::full_name(*one))));
    expect_told(*one, page);
  }
}

TEST(ManPages, TellEveryCommandAndOption) {
  CLI::App app;
  cli::Run run;
  cli::add_all_commands(app, run);
  const std::string whole = cli::man_page(app, "1");
  for (const CLI::App* command : cli::shown_commands(app)) {
    EXPECT_THAT(whole, HasSubstr(with_dashes(cli::man_page_name(*command)) + "\\fR(1)"));
    expect_told(*command, cli::man_page(*command, "1"));
  }
}

TEST(ManPages, AreShownByManWithoutAWarning) {
  Keypool keypool;
  const std::string folder = keypool.file("man/.keep", "");
  const std::string pages = folder.substr(0, folder.rfind('/'));
  auto made = keypool.start({"man", "--folder", pages});
  ASSERT_EQ(made.wait(), 0) << made.err();
  Program man({"sh", "-c",
               "cd " + pages +
                   " && for page in keypool*.1; do man -l --warnings \"$page\" >>../shown; done; "
                   "cat ../shown; ls keypool-serve.1"},
              Program::Environment(keypool.environment()));
  EXPECT_EQ(man.wait(), 0);
  EXPECT_THAT(man.err(), IsEmpty());
  EXPECT_THAT(man.out(), HasSubstr("keypool-serve - serve calls over all keys"));
  EXPECT_THAT(man.out(), HasSubstr("OPENAI_API_KEY=sk-first,sk-second keypool serve"));
}

TEST(ManPages, OfAnUnknownCommandAreAWrongUse) {
  Keypool keypool;
  auto run = keypool.start({"man", "nonsense"});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.err(), HasSubstr("there is no command nonsense"));
}

TEST(UnknownCommand, IsNamedWithWhatMayHaveBeenMeant) {
  Keypool keypool;
  auto run = keypool.start({"sttaus"});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.err(), HasSubstr("there is no command `keypool sttaus`; did you mean `status`?"));
  auto inner = keypool.start({"secrets", "lits"});
  EXPECT_EQ(inner.wait(), 2);
  EXPECT_THAT(inner.err(), HasSubstr("there is no command `keypool secrets lits`"));
}

TEST(EveryHelp, HasExamplesOfItsOwn) {
  CLI::App app;
  cli::Run run;
  cli::add_all_commands(app, run);
  const std::function<void(const CLI::App&)> look = [&](const CLI::App& command) {
    EXPECT_THAT(command.get_footer(), HasSubstr("Examples:\n"));
    EXPECT_THAT(command.get_footer(), HasSubstr("  " + cli::full_name(command)))
        << cli::full_name(command);
    for (const CLI::App* one : cli::shown_commands(command)) look(*one);
  };
  look(app);
}

}  // namespace
}  // namespace keypool::test
