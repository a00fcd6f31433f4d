// Measures the pool, with the pool it grew out of beside it, and says which of the figures that it
// has to reach are reached. `--benchmark_filter=…` and the like are Google Benchmark's own.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/pool/cases.h"

namespace keypool::bench {
namespace {

/// The best run of each case, so that what else the machine does weighs least.
class Table final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override {
    std::printf("%d cores at %.0f MHz, time of one call in ns, best run\n",
                context.cpu_info.num_cpus, context.cpu_info.cycles_per_second / 1e6);
    std::printf("%-52s %10s %10s %8s %7s\n", "case", "ns", "seed", "x seed", "allocs");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Aggregate || run.error_occurred) continue;
      Row& row = rows_[run.run_name.str()];
      if (row.runs++ == 0) order_.push_back(run.run_name.str());
      const double threads = static_cast<double>(run.threads);
      const double ns = run.real_accumulated_time / static_cast<double>(run.iterations) * 1e9;
      // Real time is summed over threads' iterations: a thread's own call takes `threads` times it.
      row.ns = row.runs == 1 ? ns * threads : std::min(row.ns, ns * threads);
      for (const auto& [name, counter] : run.counters) row.counters[name] = counter.value;
    }
  }

  void Finalize() override {
    for (const std::string& name : order_) print(name, rows_.at(name));
    print_goals();
  }

 private:
  struct Row {
    int runs = 0;
    double ns = 0;
    std::map<std::string, double> counters;
  };

  static void print(const std::string& name, const Row& row) {
    const auto bytes = row.counters.find("bytes_per_key");
    if (bytes != row.counters.end()) {
      std::printf("%-52s %8.1f ms %31.0f bytes a key\n", name.c_str(), row.ns / 1e6, bytes->second);
      return;
    }
    const auto seed = row.counters.find("seed");
    std::printf("%-52s %10.1f ", name.c_str(), row.ns);
    if (seed == row.counters.end()) {
      std::printf("%10s %8s", "-", "-");
    } else {
      std::printf("%10.1f %8.1f", seed->second, seed->second / row.ns);
    }
    std::printf(" %7.2f\n", row.counters.at("allocs"));
  }

  [[nodiscard]] const Row* find(const std::string& start, int threads = 1) const {
    for (const auto& [name, row] : rows_) {
      const std::string end = "threads:" + std::to_string(threads);
      if (name.starts_with(start) && (name.ends_with(end) || !name.contains("threads:")))
        return &row;
    }
    return nullptr;
  }

  static void goal(const char* what, bool reached, double figure, double wanted) {
    std::printf("%-7s %-60s %10.2f, wanted %g\n", reached ? "reached" : "MISSED", what, figure,
                wanted);
  }

  void print_goals() const {
    std::printf("\n");
    const Row* few = find("lease_and_report/keys:3/");
    const auto against_seed = [](const char* what, const Row* row, double wanted) {
      if (row == nullptr || !row->counters.contains("seed")) return;
      const double times = row->counters.at("seed") / row->ns;
      goal(what, times >= wanted, times, wanted);
    };
    const auto at_most = [](const char* what, const Row* row, double figure, double wanted) {
      if (row != nullptr) goal(what, figure <= wanted, figure, wanted);
    };
    against_seed("3 keys: times faster than the seed", few, 10);
    against_seed("10,000 endpoints: times faster than the seed",
                 find("random_endpoint/keys:3/endpoints:10000/"), 8);
    if (few != nullptr) {
      at_most("3 keys: allocations of a call", few, few->counters.at("allocs"), 0);
      for (const auto& [start, what] :
           {std::pair{"lease_and_report/keys:1000/", "1,000 keys: times the time of 3 keys"},
            std::pair{"lease_and_report/keys:100000/", "100,000 keys: times the time of 3 keys"}}) {
        const Row* many = find(start);
        if (many != nullptr) at_most(what, many, many->ns / few->ns, 3);
      }
      if (const Row* two = find("lease_and_report/keys:3/", 2)) {
        const double gain = 2 * few->ns / two->ns;
        goal("3 keys, 2 threads: times the throughput of one", gain >= 1.3, gain, 1.3);
      }
    }
    const Row* registered = find("register_keys/100000");
    if (registered != nullptr) {
      at_most("100,000 keys: seconds to register", registered, registered->ns / 1e9, 1);
      at_most("an idle key: bytes", registered, registered->counters.at("bytes_per_key"), 512);
    }
  }

  std::map<std::string, Row> rows_;
  std::vector<std::string> order_;
};

}  // namespace
}  // namespace keypool::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const keypool::bench::SeedFigures seed;
  keypool::bench::add_lease_cases(seed);
  keypool::bench::add_registration_cases();
  keypool::bench::Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  if (!seed.known()) {
    std::printf("KEYPOOL_SEED_FIGURES names no file: nothing was compared with the seed\n");
  }
  return 0;
}
