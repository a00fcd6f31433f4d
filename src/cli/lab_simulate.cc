#include "cli/lab_simulate.h"

#include <algorithm>
#include <cerrno>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/simulation_view.h"
#include "cli/terminal.h"
#include "config/duration.h"
#include "config/suggest.h"
#include "lab/report.h"

namespace keypool::cli {
namespace {

using std::chrono::milliseconds;

/// The load of made-up traffic, unless it is told.
constexpr double kBusy = 0.95;

template <typename Choice>
using Words = std::vector<std::pair<std::string_view, Choice>>;

const Words<Policy> kPolicies{{"headroom", Policy::headroom},
                              {"least_loaded", Policy::least_loaded},
                              {"lifetime", Policy::lifetime},
                              {"round_robin", Policy::round_robin},
                              {"sequential", Policy::sequential}};

const Words<lab::Knowledge> kKnowledge{{"everything", lab::Knowledge::everything},
                                       {"configured", lab::Knowledge::configured},
                                       {"headers", lab::Knowledge::headers},
                                       {"hints", lab::Knowledge::hints},
                                       {"nothing", lab::Knowledge::nothing}};

struct Options {
  std::string scenario;
  std::string model;
  std::string trace;
  std::size_t calls = 20'000;
  std::optional<double> load;
  std::optional<double> rate;
  std::vector<std::pair<std::string_view, Policy>> policies;
  lab::Knowledge knowledge = lab::Knowledge::headers;
  milliseconds max_wait{30'000};
  double turns = 0;
  bool compare = false;
  bool plan = false;
  milliseconds wanted_p99{500};
  std::string kind;
  bool json = false;
  std::string svg;
};

/// A line on a person's screen that is gone once there is something to show.
class ProgressLine {
 public:
  ProgressLine() : shown_(terminal_of(STDERR_FILENO).interactive) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { show({}); }

  void show(std::string_view text) const {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
  }

  [[nodiscard]] lab::Progress of(std::string what) const {
    return [this, what = std::move(what)](double share) {
      show(fmt::format("{} … {:.0f} %", what, 100 * share));
    };
  }

 private:
  bool shown_;
};

std::expected<lab::Scenario, std::string> scenario_of(const Options& options) {
  if (options.scenario.empty()) return lab::unequal_keys_scenario();
  auto scenario = lab::load_scenario(options.scenario);
  if (!scenario) return scenario;
  if (scenario->keys.empty()) {
    return std::unexpected(
        fmt::format("{}: it has no keys, so there is nothing to choose from", options.scenario));
  }
  auto narrowed = lab::for_model(std::move(*scenario), options.model);
  if (!narrowed) {
    return std::unexpected(
        fmt::format("{}: {}; choose another with --model", options.scenario, narrowed.error()));
  }
  return narrowed;
}

/// As much as a recorded trace has in an hour; before it is sped up or slowed down.
lab::Trace made_up(std::size_t calls) {
  constexpr std::size_t kCallsAnHour = 20'000;
  const auto hours = static_cast<double>(calls) / kCallsAnHour;
  const auto length = std::chrono::duration<double, std::ratio<3600>>(hours);
  return lab::make_bursty_trace(
      {.calls = calls, .length = std::chrono::duration_cast<lab::WorldTime>(length)});
}

/// A recorded trace keeps its own pace unless another is asked for; made-up traffic has none.
std::expected<lab::Trace, std::string> trace_of(const Options& options,
                                                const lab::Scenario& scenario) {
  lab::Trace trace;
  if (options.trace.empty()) {
    trace = made_up(options.calls);
  } else {
    auto loaded = lab::load_trace(options.trace);
    if (!loaded) return loaded;
    trace = std::move(*loaded);
  }
  if (options.rate) {
    trace = lab::sped_up(std::move(trace), *options.rate / std::max(lab::rate_of(trace), 1e-9));
  } else if (options.load || options.trace.empty()) {
    trace = lab::at_load(scenario, std::move(trace), options.load.value_or(kBusy));
  }
  if (options.turns > 0) {
    trace = lab::with_conversations(std::move(trace), options.turns, scenario.seed);
  }
  return trace;
}

/// The policies asked for, and beside them what is possible and what there was before.
std::vector<lab::Outcome> outcomes_of(const lab::Simulation& base, const Options& options,
                                      const ProgressLine& line) {
  std::vector<lab::Outcome> outcomes;
  for (const auto& [name, policy] : options.policies) {
    lab::Simulation simulation = base;
    simulation.name = fmt::format("keypool, {}", name);
    simulation.policy = policy;
    outcomes.push_back(lab::simulate(simulation, line.of(simulation.name)));
  }
  lab::Simulation one_bucket = base;
  one_bucket.name = "one bucket";
  outcomes.push_back(lab::simulate_one_bucket(one_bucket));
  const lab::Simulation impatient = lab::without_a_queue(base);
  outcomes.push_back(lab::simulate(impatient, line.of(impatient.name)));
  return outcomes;
}

constexpr std::string_view kBeside =
    "\none bucket: all limits in one, with a queue before it; about the best there can be.\n"
    "no queue: the key with the fewest tokens ever, three tries, limits unknown.\n";

/// What was found, to print and to draw.
struct Findings {
  std::string text;
  std::string json;
  std::vector<lab::Outcome> drawn;
};

Findings run_policies(const lab::Simulation& base, const Options& options, const ProgressLine& line,
                      const Terminal& terminal) {
  auto outcomes = outcomes_of(base, options, line);
  return {.text = outcome_table(outcomes, terminal) + std::string(kBeside),
          .json = lab::to_json(outcomes),
          .drawn = std::move(outcomes)};
}

Findings run_comparison(const lab::Simulation& base, const ProgressLine& line,
                        const Terminal& terminal) {
  const lab::Comparison comparison = lab::compare(base, line.of("every kind of day"));
  Findings findings{.text = comparison_table(comparison, terminal),
                    .json = lab::to_json(comparison),
                    .drawn = {}};
  for (const lab::Comparison::Row& row : comparison.rows) {
    lab::Outcome& outcome = findings.drawn.emplace_back(row.days.front());
    outcome.name = row.name;
  }
  return findings;
}

std::expected<lab::Key, std::string> kind_of(const Options& options,
                                             const std::vector<lab::Key>& keys) {
  if (options.kind.empty()) return keys.front();
  const auto kind = std::ranges::find(keys, options.kind, &lab::Key::name);
  if (kind != keys.end()) return *kind;
  std::vector<std::string_view> names;
  for (const lab::Key& key : keys) names.push_back(key.name);
  return std::unexpected(fmt::format("--kind: there is no key {}; there are {}", options.kind,
                                     fmt::join(names, ", ")));
}

std::expected<Findings, std::string> run_plan(const lab::Simulation& base, const lab::Key& kind,
                                              const Options& options, const ProgressLine& line,
                                              const Terminal& terminal) {
  const auto plan = lab::plan_keys(base, kind, options.wanted_p99, [&line](std::size_t keys) {
    line.show(fmt::format("{} keys …", keys));
  });
  if (!plan) return std::unexpected(plan.error());
  Findings findings{.text = plan_text(*plan, kind, options.wanted_p99, terminal),
                    .json = lab::to_json(*plan),
                    .drawn = {plan->outcome}};
  findings.drawn.front().name = fmt::format("{} keys like {}", plan->keys, kind.name);
  return findings;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  out.close();
  if (out) return true;
  fmt::print(stderr, "keypool: cannot write {}: {}\n", path, std::strerror(errno));
  return false;
}

int complain(const std::string& what, ExitCode code) {
  fmt::print(stderr, "keypool: {}\n", what);
  return code;
}

int simulate(const Options& options) {
  auto scenario = scenario_of(options);
  if (!scenario) return complain(scenario.error(), kMisused);
  auto trace = trace_of(options, *scenario);
  if (!trace) return complain(trace.error(), kMisused);
  const auto kind = kind_of(options, scenario->keys);
  if (!kind) return complain(kind.error(), kMisused);
  if (!scenario->faults.empty()) {
    fmt::print(stderr, "keypool: {}: faults are left out of a simulation\n", options.scenario);
  }

  const lab::Simulation base{.name = {},
                             .scenario = std::move(*scenario),
                             .trace = std::move(*trace),
                             .policy = options.policies.front().second,
                             .knowledge = options.knowledge,
                             .max_wait = options.max_wait};
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  const auto findings = [&]() -> std::expected<Findings, std::string> {
    const ProgressLine line;
    if (options.plan) return run_plan(base, *kind, options, line, terminal);
    if (options.compare) return run_comparison(base, line, terminal);
    return run_policies(base, options, line, terminal);
  }();
  if (!findings) return complain(findings.error(), kFailed);

  if (options.json) {
    fmt::print("{}", findings->json);
  } else {
    fmt::print("{}\n{}", workload_text(base), findings->text);
  }
  if (options.svg.empty()) return kGood;
  if (!write_file(options.svg, lab::to_svg(findings->drawn))) return kFailed;
  if (!options.json) fmt::print("The plot is in {}.\n", options.svg);
  return kGood;
}

template <typename Choice>
std::pair<std::string_view, Choice> word_of(const Words<Choice>& words, const std::string& option,
                                            const std::string& text) {
  const auto found = std::ranges::find(words, text, &std::pair<std::string_view, Choice>::first);
  if (found != words.end()) return *found;
  std::vector<std::string_view> names;
  for (const auto& [name, choice] : words) names.push_back(name);
  throw CLI::ValidationError(
      option, fmt::format("expected one of {}, got \"{}\"{}", fmt::join(names, ", "), text,
                          config::did_you_mean(text, names)));
}

void add_duration(CLI::App& command, const std::string& name, milliseconds& target,
                  const std::string& help) {
  const auto take = [&target, name](const std::string& text) {
    const auto duration = config::parse_duration(text);
    if (!duration) {
      throw CLI::ValidationError(
          name, fmt::format("expected a time such as 500ms or 30s, got \"{}\"", text));
    }
    target = *duration;
  };
  command.add_option_function<std::string>(name, take, help)->type_name("TIME");
}

void add_workload_options(CLI::App& command, Options& options) {
  command
      .add_option("FILE", options.scenario,
                  "YAML file: keys, limits and their changes, pace of answers, as for keypool lab "
                  "provider (default: ten keys of unequal limits)")
      ->type_name("");
  command
      .add_option("--model", options.model, "The model that is asked for, where FILE has several")
      ->type_name("NAME");
  auto* trace =
      command.add_option("--trace", options.trace,
                         "CSV file with TIMESTAMP, ContextTokens, GeneratedTokens: a call a line "
                         "(default: made-up traffic, as bursty as recorded one)");
  trace->type_name("FILE");
  command.add_option("--calls", options.calls, "How many calls to make up (default 20000)")
      ->check(CLI::Range(1, 100'000'000))
      ->excludes(trace)
      ->type_name("N");
  auto* load = command.add_option(
      "--load", options.load,
      "Speed the traffic up or down to this share of what the keys allow (default: a trace keeps "
      "its pace, made-up traffic has 0.95)");
  load->check(CLI::Range(0.001, 100.0))->type_name("SHARE");
  command
      .add_option("--rate", options.rate, "Speed the traffic up or down to so many calls a second")
      ->check(CLI::Range(0.0001, 1e9))
      ->excludes(load)
      ->type_name("N");
  command
      .add_option("--conversations", options.turns,
                  "Make the calls turns of conversations of N on average, which want to stay with "
                  "their key")
      ->check(CLI::Range(1.0, 1e6))
      ->type_name("N");
}

void add_pool_options(CLI::App& command, Options& options) {
  command
      .add_option_function<std::vector<std::string>>(
          "--policy",
          [&options](const std::vector<std::string>& names) {
            options.policies.clear();
            for (const std::string& name : names) {
              options.policies.push_back(word_of(kPolicies, "--policy", name));
            }
          },
          "headroom (default), least_loaded, lifetime, round_robin, sequential; may be given more "
          "than once")
      ->type_name("NAME");
  command
      .add_option_function<std::string>(
          "--knowledge",
          [&options](const std::string& name) {
            options.knowledge = word_of(kKnowledge, "--knowledge", name).second;
          },
          "Where the pool learns limits: everything, configured, headers (default), hints (only "
          "Retry-After), nothing")
      ->type_name("NAME");
  add_duration(command, "--max-wait", options.max_wait,
               "How long a call waits for a key before it fails (default 30s)");
}

}  // namespace

void add_simulate(CLI::App& lab, Run& run) {
  CLI::App* command = lab.add_subcommand(
      "simulate", "How the pool serves your traffic with your keys' limits, on a clock of its own");
  auto options = std::make_shared<Options>();
  options->policies.push_back(kPolicies.front());
  add_workload_options(*command, *options);
  add_pool_options(*command, *options);
  auto* compare = command->add_flag(
      "--compare", options->compare,
      "Everything that may be known of limits, on a plain day and on four bad ones");
  auto* plan = command->add_flag("--plan", options->plan,
                                 "How many keys of one kind does the traffic need?");
  plan->excludes(compare);
  add_duration(*command, "--p99", options->wanted_p99,
               "With --plan: what 99 of 100 calls may wait (default 500ms)");
  command->get_option("--p99")->needs(plan);
  command
      ->add_option("--kind", options->kind,
                   "With --plan: the key in FILE to have more of (default: the first)")
      ->needs(plan)
      ->type_name("KEY");
  command->add_flag("--json", options->json, "Print everything as JSON, for a program to read");
  command->add_option("--svg", options->svg, "Draw load, waits and refusals over time")
      ->type_name("FILE");
  command->footer(
      "The pool's own code runs against simulated limits; nothing leaves this machine.\n\n"
      "Examples:\n"
      "  keypool lab simulate\n"
      "  keypool lab simulate keys.yaml --trace calls.csv --policy headroom --policy round_robin\n"
      "  keypool lab simulate --compare --svg days.svg\n"
      "  keypool lab simulate --conversations 5 --load 0.7\n"
      "  keypool lab simulate keys.yaml --plan --p99 500ms --kind TEAM_A --rate 12");
  command->callback([&run, options] { run = [options] { return simulate(*options); }; });
}

}  // namespace keypool::cli
