#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "cli/commands.h"
#include "cli/demo_traffic.h"
#include "cli/demo_view.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/live_area.h"
#include "cli/one_key_alone.h"
#include "cli/process.h"
#include "cli/simulated_endpoint.h"
#include "cli/terminal.h"
#include "gateway/gateway.h"

namespace keypool::cli {
namespace {

using std::chrono::milliseconds;

const std::string kEndpoint = "demo";
constexpr std::string_view kModel = "demo";

/// How much of what the keys sustain together is asked of them: more than the largest could do.
constexpr double kOffered = 0.85;

constexpr milliseconds kRedraw{200};
constexpr milliseconds kProgress{5'000};

struct Options {
  int seconds = 60;
  bool json = false;
};

/// Where the demo tells how it goes: a live picture, a line now and then, or nothing.
class Telling {
 public:
  Telling(bool quiet, const Terminal& terminal) : quiet_(quiet) {
    if (!quiet_ && terminal.interactive) area_.emplace(stdout);
  }

  void tell(const DemoMoment& moment) {
    if (area_) return area_->draw(demo_frame(moment, terminal_of(STDOUT_FILENO)));
    if (quiet_ || moment.elapsed < next_) return;
    fmt::print("{}", demo_progress(moment));
    std::fflush(stdout);
    next_ += kProgress;
  }

 private:
  bool quiet_;
  std::optional<LiveArea> area_;
  milliseconds next_ = kProgress;
};

std::string introduction(const lab::Scenario& scenario, double calls_per_second,
                         const Terminal& terminal) {
  return fmt::format(
      "{}\n{:.1f} calls a second to one endpoint: more than any of its {} bears.\n\n",
      paint("keypool demo", Tone::strong, terminal), calls_per_second,
      counted(scenario.keys.size(), "simulated key"));
}

/// What a call of the demo costs on average: the question's few tokens, and an answer.
lab::Charge charge_of(const lab::Scenario& scenario) {
  constexpr double kQuestion = 5;
  const lab::Pace& pace = scenario.pace_of(kModel);
  const double answer = static_cast<double>(pace.tokens_from + pace.tokens_to) / 2;
  return {.tokens = kQuestion + answer, .input_tokens = kQuestion, .output_tokens = answer};
}

DemoResult result_of(const lab::Scenario& scenario, const DemoTraffic& traffic, milliseconds length,
                     std::vector<KeyStats> keys) {
  const lab::Charge charge = charge_of(scenario);
  DemoResult result{
      .length = length, .counts = traffic.counts(), .keys = std::move(keys), .best_key = {}};
  for (const lab::Key& key : scenario.keys) {
    const auto alone = answered_alone(traffic.arrivals(), key, kModel, charge);
    if (!result.best_key.empty() && alone <= result.best_key_alone) continue;
    result.best_key = key.name;
    result.best_key_alone = alone;
  }
  return result;
}

int demo(const Options& options) {
  const StopSignals stop;
  spdlog::set_level(spdlog::level::off);  // what happens is in the picture

  const lab::Scenario scenario = lab::default_scenario();
  config::Config config;
  config.listen.port = 0;
  config.threads = 1;
  KeyPool pool;
  SimulatedEndpoint simulated(scenario);
  if (auto joined = simulated.join(kEndpoint, config, pool); !joined) {
    fmt::print(stderr, "keypool: {}\n", joined.error());
    return kFailed;
  }
  gateway::Gateway gateway(config, pool);
  if (auto started = gateway.start(); !started) {
    fmt::print(stderr, "keypool: {}\n", started.error());
    return kFailed;
  }

  double rate = 0;
  for (const lab::Key& key : scenario.keys) {
    rate += sustained_rate(key, kModel, charge_of(scenario));
  }
  DemoTraffic traffic({.port = gateway.port(),
                       .target = fmt::format("/{}/v1/chat/completions", kEndpoint),
                       .model = std::string(kModel),
                       .calls_per_second = rate * kOffered,
                       .seed = scenario.seed});

  const Terminal terminal = terminal_of(STDOUT_FILENO);
  if (!options.json) fmt::print("{}", introduction(scenario, rate * kOffered, terminal));
  Telling telling(options.json, terminal);
  const Clock& clock = system_clock();
  const MonotonicTime start = clock.now();
  const milliseconds length = std::chrono::seconds(options.seconds);
  const auto elapsed = [&] {
    return std::chrono::duration_cast<milliseconds>(clock.now() - start);
  };
  const auto tell = [&] {
    telling.tell({std::min(elapsed(), length), length, traffic.counts(), pool.stats(kEndpoint),
                  clock.wall()});
  };

  bool stopped = false;
  while (!stopped && elapsed() < length) {
    tell();
    stopped = stop.wait_for(std::min(kRedraw, length - elapsed()));
  }
  const milliseconds took = std::min(elapsed(), length);
  traffic.stop_arrivals();
  while (!stopped && traffic.counts().in_flight() > 0) {
    tell();
    stopped = stop.wait_for(kRedraw);
  }
  tell();

  const auto result = result_of(scenario, traffic, took, pool.stats(kEndpoint));
  fmt::print("{}", options.json ? demo_json(result) : "\n" + demo_summary(result, terminal));
  return kGood;
}

}  // namespace

void add_demo(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "demo", "Show the idea in a minute: a gateway, three simulated keys, traffic");
  auto options = std::make_shared<Options>();
  command->add_option("--seconds", options->seconds, "How long the traffic lasts")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--json", options->json, "Print only the result, as JSON");
  command->footer(
      "Nothing leaves this machine and no key is needed.\n\n"
      "Examples:\n"
      "  keypool demo\n"
      "  keypool demo --seconds 20 --json");
  command->callback([&run, options] { run = [options] { return demo(*options); }; });
}

}  // namespace keypool::cli
