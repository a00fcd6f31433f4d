// How long do 100,000 keys take to register, and what does a key that is not used hold in memory?
//
// The bytes are the heap's own count before and after, the secret (51 bytes), the name (21 bytes)
// and the allocator's overhead among them.
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include <keypool/key_pool.h>

#include "bench/pool/allocations.h"
#include "bench/pool/cases.h"

namespace keypool::bench {
namespace {

class ManyKeys final : public SecretSource {
 public:
  explicit ManyKeys(int count) {
    for (int key = 0; key < count; ++key) {
      std::string number = std::to_string(key);
      value_ += "sk-" + std::string(48 - number.size(), '0') + number + ',';
    }
  }

  [[nodiscard]] std::optional<Found> resolve(std::string_view) const override {
    return Found{Secret(std::string_view(value_)), "bench"};
  }
  [[nodiscard]] std::vector<std::string> places(std::string_view) const override { return {}; }

 private:
  std::string value_;
};

void register_keys(benchmark::State& state) {
  const ManyKeys secrets(static_cast<int>(state.range(0)));
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    KeyPool pool({.secrets = &secrets});
    pool.register_endpoint("https://api.openai.com/v1", {"BENCH_API_KEY"});
    bytes = static_cast<double>(heap_bytes() - before);
    benchmark::DoNotOptimize(pool);
  }
  state.counters["bytes_per_key"] = bytes / static_cast<double>(state.range(0));
}

}  // namespace

void add_registration_cases() {
  benchmark::RegisterBenchmark("register_keys", register_keys)
      ->Arg(1000)
      ->Arg(100'000)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace keypool::bench
