#include "pool/decay.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace keypool::pool {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};

TEST(Decay, AChargeOneWindowAgoWeighsOneEth) {
  Decay decay(60'000ms, kStart);
  const double charged = decay.weight(kStart + 10s);
  EXPECT_NEAR(charged / decay.weight(kStart + 70s), std::exp(-1.0), 1e-12);
}

TEST(DecayProperty, EqualsTheNaiveSumWhateverTheRebases) {
  EXPECT_TRUE(rc::check([] {
    Decay decay(1'000ms, kStart);
    MonotonicTime now = kStart;
    double sum = 0;
    std::vector<std::pair<MonotonicTime, double>> charges;
    for (int step = 0; step < 60; ++step) {
      now += std::chrono::milliseconds(*rc::gen::inRange(0, 40'000));
      if (now >= decay.rebase_at()) sum *= decay.rebase(now);
      const double tokens = *rc::gen::inRange(0, 100'000);
      sum += tokens * decay.weight(now);
      charges.emplace_back(now, tokens);

      double naive = 0;
      for (const auto& [at, charged] : charges) {
        naive += charged * std::exp(-std::chrono::duration<double>(now - at).count());
      }
      RC_ASSERT(std::abs(sum / decay.weight(now) - naive) <= 1e-6 * (1 + naive));
    }
  }));
}

}  // namespace
}  // namespace keypool::pool
