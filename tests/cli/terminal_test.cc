#include "cli/terminal.h"

#include <map>

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

TEST(TerminalWith, IsPlainInAPipe) {
  const auto pipe = terminal_with(0, environment({{"TERM", "xterm"}}));
  EXPECT_FALSE(pipe.interactive);
  EXPECT_FALSE(pipe.colour);
}

TEST(TerminalWith, HasColoursOnAScreen) {
  const auto screen = terminal_with(120, environment({{"TERM", "xterm-256color"}}));
  EXPECT_TRUE(screen.interactive);
  EXPECT_TRUE(screen.colour);
  EXPECT_EQ(screen.columns, 120);
}

TEST(TerminalWith, HasNoColoursWhenAskedForNone) {
  const auto screen = terminal_with(80, environment({{"TERM", "xterm"}, {"NO_COLOR", "1"}}));
  EXPECT_TRUE(screen.interactive);
  EXPECT_FALSE(screen.colour);
}

TEST(TerminalWith, TakesAnEmptyNoColorForNotSet) {
  EXPECT_TRUE(terminal_with(80, environment({{"TERM", "xterm"}, {"NO_COLOR", ""}})).colour);
}

TEST(TerminalWith, NeverRedrawsADumbTerminal) {
  const auto dumb = terminal_with(80, environment({{"TERM", "dumb"}}));
  EXPECT_FALSE(dumb.interactive);
  EXPECT_FALSE(dumb.colour);
}

TEST(Paint, LeavesTextAloneWithoutColours) { EXPECT_EQ(paint("ready", Tone::good, {}), "ready"); }

TEST(Paint, EndsWhatItBegins) {
  const Terminal screen{.interactive = true, .colour = true, .columns = 80};
  EXPECT_EQ(paint("ready", Tone::good, screen), "\x1b[32mready\x1b[0m");
  EXPECT_EQ(paint("ready", Tone::plain, screen), "ready");
}

TEST(Printable, KeepsWordsAndStopsEscapes) {
  EXPECT_EQ(printable("größer"), "größer");
  EXPECT_EQ(printable("\x1b[2Jgone\a\n"), "?[2Jgone??");
  EXPECT_EQ(printable("c1 \xC2\x9B"
                      "31m"),
            "c1 ?31m");
  EXPECT_EQ(printable("\xC2\xA0"), "\xC2\xA0");
}

TEST(DisplayWidth, CountsCharactersNotBytes) {
  EXPECT_EQ(display_width("größer"), 6);
  EXPECT_EQ(display_width("██░"), 3);
}

TEST(Fit, CutsWithAnEllipsis) {
  EXPECT_EQ(fit("OPENAI_API_KEY", 20), "OPENAI_API_KEY");
  EXPECT_EQ(fit("OPENAI_API_KEY", 7), "OPENAI…");
  EXPECT_EQ(fit("größer", 3), "gr…");
  EXPECT_EQ(fit("äöü", 1), "…");
  EXPECT_EQ(fit("abc", 0), "");
}

}  // namespace
}  // namespace keypool::cli
