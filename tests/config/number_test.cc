#include "config/number.h"

#include <optional>
#include <ostream>

#include <gtest/gtest.h>

namespace keypool::config {
namespace {

struct Row {
  const char* text;
  std::optional<std::uint64_t> bytes;
};

void PrintTo(const Row& row, std::ostream* out) { *out << '"' << row.text << '"'; }

class Bytes : public testing::TestWithParam<Row> {};

TEST_P(Bytes, AreReadOrRefused) { EXPECT_EQ(parse_bytes(GetParam().text), GetParam().bytes); }

INSTANTIATE_TEST_SUITE_P(Read, Bytes,
                         testing::Values(Row{"0", 0}, Row{"65536", 65536}, Row{"64B", 64},
                                         Row{"64KiB", 65536}, Row{"8 MiB", 8388608},
                                         Row{"1GiB", 1073741824}, Row{"64KB", 64000},
                                         Row{"2MB", 2000000}, Row{"3GB", 3000000000},
                                         Row{"18446744073709551615", UINT64_MAX}));

INSTANTIATE_TEST_SUITE_P(Refused, Bytes,
                         testing::Values(Row{"", {}}, Row{"MiB", {}}, Row{"-1", {}}, Row{"+1", {}},
                                         Row{"1.5MiB", {}}, Row{"8mib", {}}, Row{"8TiB", {}},
                                         Row{"08", {}}, Row{"0x10", {}},
                                         Row{"18446744073709551616", {}},
                                         Row{"18446744073709551615KiB", {}}));

}  // namespace
}  // namespace keypool::config
