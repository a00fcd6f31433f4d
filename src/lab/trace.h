#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "lab/token_bucket.h"

namespace keypool::lab {

/// One call of a recorded or made-up workload.
struct Arrival {
  WorldTime at{0};  ///< since the first
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t conversation = 0;  ///< calls of one number share a growing prompt; 0: of none
};

/// In order of arrival.
using Trace = std::vector<Arrival>;

/// Reads a CSV file with a heading and at least the columns TIMESTAMP (`2023-11-16
/// 18:15:46.6805900`, or seconds), ContextTokens and GeneratedTokens, as published with the Azure
/// LLM inference traces. The error names the line, the column and what was expected there.
[[nodiscard]] std::expected<Trace, std::string> load_trace(const std::filesystem::path& file);

/// A workload made up to be as uneven as recorded ones: each hour has a busy spell, the rate drifts
/// from minute to minute, calls come in small bursts, and sizes are spread over two orders
/// of magnitude.
struct BurstyTrace {
  std::size_t calls = 10'000;
  WorldTime length = std::chrono::hours(1);
  double mean_input_tokens = 1'150;
  double mean_output_tokens = 210;
  std::uint64_t seed = 1;
};

[[nodiscard]] Trace make_bursty_trace(const BurstyTrace& wanted);

/// The same calls as turns of conversations of `mean_turns` on average, which overlap.
[[nodiscard]] Trace with_conversations(Trace trace, double mean_turns, std::uint64_t seed);

/// The same calls, `factor` times as fast.
[[nodiscard]] Trace sped_up(Trace trace, double factor);

/// Calls a second, over the whole trace.
[[nodiscard]] double rate_of(const Trace& trace) noexcept;

/// Input and output tokens of a call, on average.
struct MeanTokens {
  double input = 0;
  double output = 0;
};

[[nodiscard]] MeanTokens mean_tokens_of(const Trace& trace) noexcept;

}  // namespace keypool::lab
