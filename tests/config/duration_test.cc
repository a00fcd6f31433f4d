#include "config/duration.h"

#include <optional>
#include <ostream>

#include <gtest/gtest.h>

namespace keypool::config {
namespace {

using namespace std::chrono_literals;

struct Row {
  const char* text;
  std::optional<std::chrono::milliseconds> duration;
};

void PrintTo(const Row& row, std::ostream* out) { *out << '"' << row.text << '"'; }

class Duration : public testing::TestWithParam<Row> {};

TEST_P(Duration, IsReadOrRefused) {
  EXPECT_EQ(parse_duration(GetParam().text), GetParam().duration);
}

INSTANTIATE_TEST_SUITE_P(Read, Duration,
                         testing::Values(Row{"60s", 60s}, Row{"500ms", 500ms}, Row{"2m", 2min},
                                         Row{"1h", 1h}, Row{"1d", 24h}, Row{"0s", 0s},
                                         Row{"1.5s", 1500ms}, Row{"1h30m", 90min},
                                         Row{"1m0.25s", 60250ms}));

INSTANTIATE_TEST_SUITE_P(Refused, Duration,
                         testing::Values(Row{"", {}}, Row{"60", {}}, Row{"s", {}}, Row{"soon", {}},
                                         Row{"-5s", {}}, Row{"5 s", {}}, Row{" 5s", {}},
                                         Row{"5S", {}}, Row{"1.s", {}}, Row{".5s", {}},
                                         Row{"1.2.3s", {}}, Row{"1e3s", {}}, Row{"5s5", {}},
                                         Row{"5weeks", {}}, Row{"99999999999999999999d", {}}));

}  // namespace
}  // namespace keypool::config
