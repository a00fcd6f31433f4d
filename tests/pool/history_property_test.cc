// Any history of calls, reports, operator's commands and time leaves the pool whole.
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

const char* const kNames[] = {"a", "b", "c", "d"};
const char* const kModels[] = {"", "m"};

/// A wait and how often it ended.
struct Wait {
  Waiting place;
  int ends = 0;
  bool cancelled = false;
  Lease lease;
};

/// Drives a pool at random and keeps the books beside it.
struct History {
  PoolOf api{std::initializer_list<const char*>{}};
  std::vector<Lease> held;
  std::vector<std::unique_ptr<Wait>> waits;
  std::uint64_t leased = 0;

  static std::size_t pick(std::size_t count) { return *rc::gen::inRange<std::size_t>(0, count); }
  static std::string_view name() { return kNames[pick(4)]; }

  static LeaseRequest request() {
    return {.model = kModels[pick(2)],
            .estimated_input_tokens = pick(2) * 500,
            .when_none_ready = pick(2) == 0 ? WhenNoneReady::refuse : WhenNoneReady::use_soonest};
  }

  void add() {
    KeyOptions options{.group = pick(3) == 0 ? "shared" : "",
                       .tier = static_cast<int>(pick(2)),
                       .max_in_flight = static_cast<std::uint32_t>(pick(3))};
    if (pick(2) == 0) {
      ModelLimits limits{.model = "*", .limits = {}};
      limits.limits[Dimension::tokens_per_minute] = 5000;
      options.limits = {limits};
    }
    api.pool.add_key(kApi,
                     {.name = std::string(name()), .secret = Secret("s"), .options = options});
  }

  void lease() {
    if (auto one = api.pool.lease(kApi, request())) {
      held.push_back(std::move(*one));
      ++leased;
    }
  }

  void wait() {
    Wait& one = *waits.emplace_back(std::make_unique<Wait>());
    one.place =
        api.pool.lease_when_ready(kApi,
                                  {.lease = request(),
                                   .client = name(),
                                   .deadline = api.clock.now() + std::chrono::seconds(pick(100))},
                                  [this, &one](std::expected<Lease, LeaseError> end) {
                                    ++one.ends;
                                    if (!end) return;
                                    one.lease = std::move(*end);
                                    ++leased;
                                  });
  }

  void cancel() {
    if (waits.empty()) return;
    Wait& one = *waits[pick(waits.size())];
    one.cancelled |= one.place.cancel();
  }

  void end(Lease& lease) {
    const std::optional<std::chrono::milliseconds> after =
        pick(2) == 0 ? std::nullopt : std::optional(std::chrono::milliseconds(pick(90'000)));
    const LimitNotice notice{.dimension = Dimension::tokens_per_minute,
                             .limit = 1000 + pick(10'000),
                             .remaining = pick(10'000)};
    if (pick(4) == 0) lease.observe(std::span(&notice, 1));
    if (pick(8) == 0) lease.belongs_to(pick(2) == 0 ? "org-1" : "org-2");
    switch (pick(13)) {
      case 0:
        lease.rate_limited(after);
        break;
      case 9:
        lease.told_to_slow_down(after);
        break;
      case 10:
        lease.too_many_at_once(after);
        break;
      case 1:
        lease.fail("500");
        break;
      case 2:
        lease.key_refused("401");
        break;
      case 3:
        lease.group_depleted("402", after);
        break;
      case 4:
        lease.model_refused("404");
        break;
      case 5:
        lease.endpoint_failed("503");
        break;
      case 6:
        lease.release();
        break;
      case 7:
        lease.detach();
        break;
      case 8:
        lease = {};
        break;
      default:
        lease.succeed({.input_tokens = pick(3000), .output_tokens = pick(500)});
        break;
    }
  }

  void end_one() {
    if (held.empty()) return;
    const std::size_t at = pick(held.size());
    end(held[at]);
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void end_one_that_waited() {
    for (auto& one : waits) {
      if (one->lease.active()) return end(one->lease);
    }
  }

  void report_by_name() {
    switch (pick(3)) {
      case 0:
        api.pool.report_success(kApi, name(), {.input_tokens = pick(100)});
        break;
      case 1:
        api.pool.report_failure(kApi, name());
        break;
      case 2:
        api.pool.report_rate_limit(kApi, name());
        break;
    }
  }

  void command() {
    switch (pick(8)) {
      case 5:
        api.pool.drain_key(kApi, name());
        break;
      case 6:
        api.pool.probe_key(kApi, name());
        break;
      case 7:
        api.pool.restore_standing(api.pool.standing());
        break;
      case 0:
        api.pool.disable_key(kApi, name());
        break;
      case 1:
        api.pool.enable_key(kApi, name());
        break;
      case 2:
        api.pool.reset_key(kApi, name());
        break;
      case 3:
        api.pool.remove_key(kApi, name());
        break;
      case 4:
        api.pool.configure_endpoint(kApi, {.policy = static_cast<Policy>(pick(5))});
        break;
    }
  }

  void pass_time() {
    api.clock.advance(std::chrono::milliseconds(pick(3) == 0 ? pick(3'600'000) : pick(2000)));
    api.pool.run_due();
  }

  void step() {
    switch (pick(12)) {
      case 0:
        return add();
      case 1:
      case 2:
      case 3:
        return lease();
      case 4:
      case 5:
        return end_one();
      case 6:
        return wait();
      case 7:
        return end_one_that_waited();
      case 8:
        return cancel();
      case 9:
        return report_by_name();
      case 10:
        return command();
      case 11:
        return pass_time();
    }
  }

  [[nodiscard]] std::map<std::string, std::uint64_t> held_by_key() const {
    std::map<std::string, std::uint64_t> counts;
    for (const Lease& lease : held) ++counts[std::string(lease.key_name())];
    for (const auto& one : waits) {
      if (one->lease.active()) ++counts[std::string(one->lease.key_name())];
    }
    return counts;
  }
};

TEST(HistoryProperty, NoLeaseIsLostOrSettledTwiceAndEveryWaitEndsOnce) {
  EXPECT_TRUE(rc::check([] {
    History history;
    for (int key = 0; key < 3; ++key) history.add();
    const auto steps = *rc::gen::inRange(0, 150);
    for (int step = 0; step < steps; ++step) {
      history.step();
      // What is in flight is at least what is held; the rest are detached calls.
      auto counts = history.held_by_key();
      std::map<std::string, std::uint64_t> in_flight;
      for (const KeyStats& stats : history.api.pool.stats(kApi)) {
        in_flight[stats.name] += stats.in_flight;
      }
      for (const auto& [key, count] : counts) RC_ASSERT(in_flight[key] >= count);
      for (const auto& wait : history.waits) RC_ASSERT(wait->ends + int(wait->cancelled) <= 1);
    }

    history.held.clear();
    for (auto& wait : history.waits) wait->lease = {};
    history.api.clock.advance(24h * 2);
    for (int turn = 0; turn < 200 && history.api.pool.waiting(kApi) > 0; ++turn) {
      history.api.pool.run_due();
      for (auto& wait : history.waits) wait->lease = {};
      history.api.clock.advance(1h);
    }
    for (auto& wait : history.waits) wait->lease = {};
    for (const auto& wait : history.waits) RC_ASSERT(wait->ends + int(wait->cancelled) == 1);
    RC_ASSERT(history.api.pool.waiting(kApi) == 0u);

    // Calls left by detach are reported by name; then nothing is in flight any more.
    for (const char* name : kNames) {
      for (int call = 0; call < 200; ++call) history.api.pool.report_failure(kApi, name);
    }
    for (const KeyStats& stats : history.api.pool.stats(kApi)) {
      RC_ASSERT(stats.in_flight == 0u);
      RC_ASSERT(std::isfinite(stats.window_load));
      RC_ASSERT(stats.window_load >= 0);
    }
    for (const LaneStats& lane : history.api.pool.lanes(kApi)) RC_ASSERT(lane.in_flight == 0u);
  }));
}

/// Whether an operator may see a key go from one state to another with one step of this kind.
bool drawn(std::string_view step, KeyState from, KeyState to) {
  if (from == to) return true;
  if (step == "time")
    return to == KeyState::ready || from == KeyState::invalid ||
           (from == KeyState::depleted && to == KeyState::cooling);
  if (step == "disable") return to == KeyState::disabled;
  if (step == "drain") return to == KeyState::draining;
  if (step == "enable") {
    return from == KeyState::disabled || from == KeyState::draining || from == KeyState::invalid;
  }
  if (step == "probe") return from != KeyState::disabled && from != KeyState::draining;
  if (step == "reset") return true;
  if (step == "remove") return to == KeyState::draining;
  if (step == "lease") return false;
  // The end of a call: a worse state by a verdict, a better one by proof.
  const auto taken_out = [](KeyState state) {
    return state == KeyState::disabled || state == KeyState::draining;
  };
  return !taken_out(from) && !taken_out(to);
}

TEST(HistoryProperty, KeysOnlyTakeDrawnEdges) {
  EXPECT_TRUE(rc::check([] {
    PoolOf api({"a", "b"});
    std::vector<Lease> held;
    const auto state_of = [&] {
      std::map<std::string, KeyState> states;
      for (const KeyStats& stats : api.pool.stats(kApi)) states[stats.name] = stats.state;
      return states;
    };
    for (int step = 0; step < 80; ++step) {
      const auto before = state_of();
      const char* const name = kNames[History::pick(2)];
      const char* kind = "end";
      switch (History::pick(10)) {
        case 8:
          kind = "drain";
          api.pool.drain_key(kApi, name);
          break;
        case 9:
          kind = "probe";
          api.pool.probe_key(kApi, name);
          break;
        case 0:
          kind = "time";
          api.clock.advance(std::chrono::milliseconds(History::pick(2'000'000)));
          break;
        case 1:
          kind = "disable";
          api.pool.disable_key(kApi, name);
          break;
        case 2:
          kind = "enable";
          api.pool.enable_key(kApi, name);
          break;
        case 3:
          kind = "reset";
          api.pool.reset_key(kApi, name);
          break;
        case 4:
        case 5:
          kind = "lease";
          if (auto lease = api.pool.lease(kApi)) held.push_back(std::move(*lease));
          break;
        default:
          if (held.empty()) break;
          switch (History::pick(5)) {
            case 0:
              held.back().succeed({.input_tokens = 10});
              break;
            case 1:
              held.back().rate_limited();
              break;
            case 2:
              held.back().key_refused("401");
              break;
            case 3:
              held.back().group_depleted("402");
              break;
            case 4:
              held.back().fail("500");
              break;
          }
          held.pop_back();
      }
      for (const auto& [key, after] : state_of()) {
        const KeyState was = before.at(key);
        if (!drawn(kind, was, after)) {
          RC_FAIL(std::string(kind) + ": " + std::string(to_string(was)) + " to " +
                  std::string(to_string(after)));
        }
      }
    }
  }));
}

/// A provider's true limits: token buckets by key, charged when a call arrives.
struct Provider {
  struct Key {
    double limit;
    double left;
  };
  std::map<std::string, Key> keys;

  void pass(double seconds) {
    for (auto& [name, key] : keys) {
      key.left = std::min(key.limit, key.left + key.limit * seconds / 60.0);
    }
  }
  bool take(std::string_view name, double tokens) {
    Key& key = keys.at(std::string(name));
    if (key.left < tokens) return false;
    key.left -= tokens;
    return true;
  }
};

TEST(HistoryProperty, OnceLimitsAreKnownNoCallIsRefusedForThem) {
  EXPECT_TRUE(rc::check([] {
    PoolOf api({});
    Provider provider;
    const auto count = *rc::gen::inRange<std::size_t>(1, 6);
    for (std::size_t number = 0; number < count; ++number) {
      const std::string name = "k" + std::to_string(number);
      const double limit = *rc::gen::inRange(2000, 50'000);
      ModelLimits limits{.model = "*", .limits = {}};
      limits.limits[Dimension::tokens_per_minute] = static_cast<std::uint64_t>(limit);
      api.pool.add_key(kApi,
                       {.name = name, .secret = Secret("s"), .options = {.limits = {limits}}});
      provider.keys[name] = {limit, limit};
    }
    for (int step = 0; step < 300; ++step) {
      const auto pause = std::chrono::milliseconds(History::pick(1000));
      api.clock.advance(pause);
      provider.pass(std::chrono::duration<double>(pause).count());
      const std::uint64_t tokens = 1 + History::pick(1500);
      auto lease = api.pool.lease(
          kApi, {.estimated_input_tokens = tokens, .when_none_ready = WhenNoneReady::refuse});
      if (!lease) continue;
      RC_ASSERT(provider.take(lease->key_name(), static_cast<double>(tokens) - 0.1));
      lease->succeed({.input_tokens = tokens});
    }
  }));
}

TEST(HistoryProperty, NoLaneIsAboveItsLimitByMoreThanWasInFlightWhenItWasLearned) {
  EXPECT_TRUE(rc::check([] {
    struct Lane {
      double limit = 0;
      double left = 0;  ///< below 0: above the limit
      double in_flight = 0;
      std::optional<double> in_flight_when_learned = {};
    };
    struct Call {
      Lease lease;
      std::string key;
      std::uint64_t tokens;
    };
    PoolOf api({"a", "b", "c"});
    std::map<std::string, Lane> lanes;
    for (const char* name : {"a", "b", "c"}) {
      const double limit = *rc::gen::inRange(5000, 50'000);
      lanes[name] = {.limit = limit, .left = limit};
    }
    std::vector<Call> under_way;
    const auto answer = [&](std::size_t at) {
      Call call = std::move(under_way[at]);
      under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
      Lane& lane = lanes.at(call.key);
      lane.in_flight -= static_cast<double>(call.tokens);
      if (!lane.in_flight_when_learned) lane.in_flight_when_learned = lane.in_flight;
      const LimitNotice told{.dimension = Dimension::tokens_per_minute,
                             .limit = static_cast<std::uint64_t>(lane.limit),
                             .remaining = static_cast<std::uint64_t>(std::max(0.0, lane.left))};
      call.lease.observe(std::span(&told, 1));
      call.lease.succeed({.input_tokens = call.tokens});
    };
    for (int step = 0; step < 300; ++step) {
      const auto pause = std::chrono::milliseconds(History::pick(500));
      api.clock.advance(pause);
      for (auto& [name, lane] : lanes) {
        const double more = lane.limit * std::chrono::duration<double>(pause).count() / 60.0;
        lane.left = std::min(lane.limit, lane.left + more);
      }
      if (!under_way.empty() && History::pick(2) == 0) answer(History::pick(under_way.size()));
      const std::uint64_t tokens = 1 + History::pick(3000);
      auto lease = api.pool.lease(
          kApi, {.estimated_input_tokens = tokens, .when_none_ready = WhenNoneReady::refuse});
      if (!lease) continue;
      const std::string key(lease->key_name());
      Lane& lane = lanes.at(key);
      lane.left -= static_cast<double>(tokens);
      lane.in_flight += static_cast<double>(tokens);
      under_way.push_back({std::move(*lease), key, tokens});
      if (lane.in_flight_when_learned) {
        RC_ASSERT(lane.left >= -*lane.in_flight_when_learned - 0.1);
      }
    }
  }));
}

}  // namespace
}  // namespace keypool
