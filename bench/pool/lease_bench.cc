// What does a lease and its report cost, by number of keys, endpoints and threads?
//
// One call is KeyPool::lease and Lease::succeed with tokens that vary, on keys that were all used
// before; the time is a thread's own. `seed` is the same work in the pool that keypool grew out of,
// `x_seed` how many times faster keypool is, `allocs` what one call takes from the heap.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <keypool/key_pool.h>

#include "bench/pool/allocations.h"
#include "bench/pool/cases.h"

namespace keypool::bench {
namespace {

using namespace std::chrono_literals;

/// Cheap numbers that look random, the same in every run.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) noexcept : state_(0x9E3779B97F4A7C15 ^ (seed + 1)) {}

  std::uint64_t next() noexcept {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

 private:
  std::uint64_t state_;
};

enum class Limited { no, yes };

struct Keys {
  KeyPool pool{{.secrets = nullptr}};
  std::vector<std::string> endpoints;

  Keys(int keys, int endpoint_count, Limited limited) {
    KeyOptions options;
    if (limited == Limited::yes) {
      ModelLimits limits{.model = "*", .limits = {}};
      limits.limits[Dimension::tokens_per_minute] = 1'000'000'000'000;
      options.limits.push_back(limits);
    }
    const std::string secret(51, 'k');
    for (int number = 0; number < endpoint_count; ++number) {
      endpoints.push_back(endpoint_count == 1 ? "https://api.openai.com/v1"
                                              : "https://api-" + std::to_string(10'000 + number) +
                                                    ".example.com/v1");
      for (int key = 0; key < keys; ++key) {
        pool.add_key(endpoints.back(), {.name = "BENCH_API_KEY[" + std::to_string(key) + "]",
                                        .secret = Secret(std::string_view(secret)),
                                        .options = options});
      }
    }
  }

  void call(Numbers& numbers) {
    const std::uint64_t number = numbers.next();
    const std::string& endpoint =
        endpoints.size() == 1 ? endpoints[0] : endpoints[number % endpoints.size()];
    auto lease = pool.lease(endpoint);
    benchmark::DoNotOptimize(lease->secret().reveal().data());
    lease->succeed({.latency = 250ms,
                    .input_tokens = 100 + (number & 1023),
                    .output_tokens = 16 + (number >> 20 & 255)});
  }

  void warm_up(int calls) {
    Numbers numbers(7);
    for (int call_number = 0; call_number < calls; ++call_number) call(numbers);
  }
};

std::shared_ptr<Keys> shared_keys;

void lease_and_report(benchmark::State& state, int keys, int endpoints, Limited limited,
                      std::optional<double> seed_ns) {
  if (state.thread_index() == 0) {
    shared_keys = std::make_shared<Keys>(keys, endpoints, limited);
    shared_keys->warm_up(10 * std::max(keys * endpoints, 1000));
  }
  Numbers numbers(static_cast<std::uint64_t>(state.thread_index()));
  std::size_t before = 0;
  for (bool first = true; auto _ : state) {
    if (first) {
      before = allocations();
      first = false;
    }
    shared_keys->call(numbers);
  }
  state.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                benchmark::Counter::kAvgIterations);
  state.SetItemsProcessed(state.iterations());
  if (seed_ns) {
    // Google Benchmark divides a thread's counters by the number of threads when it sums them up.
    state.counters["seed"] = benchmark::Counter(*seed_ns, benchmark::Counter::kAvgThreads);
  }
  if (state.thread_index() == 0) shared_keys.reset();
}

}  // namespace

void add_lease_cases(const SeedFigures& seed) {
  const auto add = [&](const std::string& what, const std::string& seed_case, int keys,
                       int endpoints, int threads, Limited limited) {
    const std::string name =
        what + "/keys:" + std::to_string(keys) + "/endpoints:" + std::to_string(endpoints);
    benchmark::RegisterBenchmark(name.c_str(), lease_and_report, keys, endpoints, limited,
                                 seed.nanoseconds(seed_case, keys, endpoints, threads))
        ->Threads(threads)
        ->UseRealTime();
  };
  for (const int keys : {1, 3, 8, 64, 1000, 10'000, 100'000}) {
    for (const int threads : {1, 2}) {
      add("lease_and_report", "warm/varied tokens", keys, 1, threads, Limited::no);
    }
  }
  for (const int endpoints : {100, 10'000}) {
    for (const int threads : {1, 2}) {
      add("random_endpoint", "endpoints x 3 keys", 3, endpoints, threads, Limited::no);
    }
  }
  for (const int keys : {3, 1000, 100'000}) {
    add("with_known_limits", "", keys, 1, 1, Limited::yes);
  }
}

}  // namespace keypool::bench
