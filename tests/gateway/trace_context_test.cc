#include "gateway/trace_context.h"

#include <vector>

#include <gtest/gtest.h>

namespace keypool::gateway {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(TraceContext, NamesTheTraceOfAValidHeader) {
  const struct {
    const char* name;
    std::string_view header;
    bool valid;
  } rows[] = {
      {"version 0", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true},
      {"a later version", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true},
      {"one that goes on", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true},
      {"version 0 goes on", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false},
      {"version ff", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false},
      {"capitals", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false},
      {"no trace", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", false},
      {"no parent", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false},
      {"too short", "00-4bf92f3577b34da6", false},
      {"no dashes", "00+4bf92f3577b34da6a3ce929d0e0e4736+00f067aa0ba902b7+01", false},
      {"empty", "", false},
  };
  for (const auto& row : rows) {
    const std::vector<http::Header> headers{{"Traceparent", row.header}};
    EXPECT_EQ(trace_id_of(headers), row.valid ? kTrace : std::string_view()) << row.name;
  }
}

TEST(TraceContext, NamesNoneWithoutTheHeader) { EXPECT_EQ(trace_id_of({}), ""); }

}  // namespace
}  // namespace keypool::gateway
