#include "cli/table.h"

#include <sstream>

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using enum Table::Align;

Terminal screen(int columns) { return {.interactive = true, .colour = false, .columns = columns}; }

TEST(Table, AlignsTextLeftAndNumbersRight) {
  Table table({{"KEY"}, {"CALLS", right}, {"STATE"}});
  table.add({{"A"}, {"7"}, {"ready"}});
  table.add({{"LONG_NAME"}, {"1,234"}, {"cooling"}});
  EXPECT_EQ(table.render({}),
            "KEY        CALLS  STATE\n"
            "A              7  ready\n"
            "LONG_NAME  1,234  cooling\n");
}

TEST(Table, LeavesNoBlanksAtTheEndOfALine) {
  Table table({{"KEY"}, {"UNTIL"}, {"WHY"}});
  table.add({{"A"}, {""}, {""}});
  table.add({{"B"}, {"in 12s"}, {""}});
  table.add({{"C"}, {""}, {"limit"}});
  EXPECT_EQ(table.render({}),
            "KEY  UNTIL   WHY\n"
            "A\n"
            "B    in 12s\n"
            "C            limit\n");
}

TEST(Table, IndentsEveryLine) {
  Table table({{"KEY"}});
  table.add({{"A"}});
  EXPECT_EQ(table.render({}, 2), "  KEY\n  A\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({{"LOAD"}, {"N", right}});
  table.add({{"██░░"}, {"1"}});
  EXPECT_EQ(table.render({}), "LOAD  N\n██░░  1\n");
}

TEST(Table, ShrinksTheWidestOfTheColumnsThatMay) {
  Table table({{"KEY", left, true}, {"STATE"}, {"WHY", left, true}});
  table.add({{"OPENAI_API_KEY"}, {"cooling"}, {"the limit of the organization"}});
  EXPECT_EQ(table.render(screen(40)),
            "KEY             STATE    WHY\n"
            "OPENAI_API_KEY  cooling  the limit of t…\n");
}

TEST(Table, NeverCutsInAPipe) {
  Table table({{"WHY", left, true}});
  table.add({{std::string(500, 'x')}});
  EXPECT_NE(table.render({}).find(std::string(500, 'x')), std::string::npos);
}

TEST(Table, FitsEveryScreenThatHasRoomForItsFixedColumns) {
  Table table({{"KEY", left, true}, {"STATE"}, {"WHY", left, true}});
  table.add({{std::string(30, 'k')}, {"cooling"}, {std::string(200, 'w')}});
  for (int columns = 30; columns <= 300; ++columns) {
    std::istringstream lines(table.render(screen(columns)));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), static_cast<std::size_t>(columns)) << line;
    }
  }
}

TEST(Table, PaintsTheTextButNotTheGaps) {
  Table table({{"STATE"}, {"N"}});
  table.add({{"ready", Tone::good}, {"1"}});
  const Terminal colours{.interactive = true, .colour = true, .columns = 80};
  EXPECT_EQ(table.render(colours),
            "\x1b[2mSTATE\x1b[0m  \x1b[2mN\x1b[0m\n"
            "\x1b[32mready\x1b[0m  1\n");
}

TEST(Table, TakesTheStingOutOfControlCharacters) {
  Table table({{"WHY"}});
  table.add({{"\x1b[2J"}});
  EXPECT_EQ(table.render({}), "WHY\n?[2J\n");
}

}  // namespace
}  // namespace keypool::cli
