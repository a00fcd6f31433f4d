// Does the gateway serve under limits what the simulation of its pool says? The busiest stretch of
// a trace, through real sockets and on the virtual clock. Prints both as JSON.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/goodput/replay.h"
#include "lab/simulation.h"

namespace keypool::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxWait{30'000};

struct Options {
  std::string trace;
  double load = 1.1;  // so that its busiest stretch has to wait although its buckets begin full
  int seconds = 150;
};

double percentile_ms(std::vector<std::chrono::nanoseconds> waits, double share) {
  if (waits.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(waits.size() - 1));
  std::ranges::nth_element(waits, waits.begin() + rank);
  return std::chrono::duration<double, std::milli>(waits[static_cast<std::size_t>(rank)]).count();
}

nlohmann::ordered_json as_json(const Replayed& replayed) {
  return {{"offered", replayed.calls},
          {"failed", replayed.failed},
          {"refused", replayed.refused},
          {"wait_ms",
           {{"p50", percentile_ms(replayed.waits, 0.5)},
            {"p99", percentile_ms(replayed.waits, 0.99)},
            {"max", percentile_ms(replayed.waits, 1)}}}};
}

nlohmann::ordered_json as_json(const lab::Outcome& outcome) {
  return {{"offered", outcome.offered},
          {"failed", outcome.failed},
          {"refused", outcome.refused},
          {"wait_ms",
           {{"p50", outcome.wait_p50.count()},
            {"p99", outcome.wait_p99.count()},
            {"max", outcome.wait_max.count()}}}};
}

int run(const Options& options) {
  lab::Trace trace = lab::make_bursty_trace({.calls = 20'000});
  if (!options.trace.empty()) {
    auto loaded = lab::load_trace(options.trace);
    if (!loaded) throw std::runtime_error(loaded.error());
    trace = std::move(*loaded);
  }
  lab::Simulation simulation{.scenario = lab::unequal_keys_scenario(), .streams = false};
  trace = lab::at_load(simulation.scenario, std::move(trace), options.load);
  simulation.trace = busiest(trace, std::chrono::seconds(options.seconds));
  simulation.max_wait = kMaxWait;
  const nlohmann::ordered_json found = {
      {"simulated", as_json(lab::simulate(simulation))},
      {"replayed", as_json(replay(simulation.scenario, simulation.trace, kMaxWait))}};
  std::printf("%s\n", found.dump(1).c_str());
  return 0;
}

}  // namespace
}  // namespace keypool::bench

int main(int argc, char** argv) {
  keypool::bench::Options options;
  CLI::App app("A trace through gateway and simulated provider, beside its simulation.");
  app.add_option("--trace", options.trace, "CSV file (default: made-up traffic)");
  app.add_option("--load", options.load, "Share of what the keys allow that the whole trace asks");
  app.add_option("--seconds", options.seconds, "Length of its busiest stretch, which is replayed");
  CLI11_PARSE(app, argc, argv);
  try {
    return keypool::bench::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "goodput_replay: %s\n", error.what());
    return 1;
  }
}
