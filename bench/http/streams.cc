#include <array>
#include <cstdio>
#include <deque>
#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/http/client.h"
#include "bench/http/latencies.h"
#include "bench/http/load.h"

namespace keypool::bench {
namespace {

using std::chrono::milliseconds;

/// How long the last streams may take beyond what their shape asks for.
constexpr std::chrono::seconds kPatience{5};

/// One stream as it is read.
struct Reading {
  Client client;
  EventFinder events = {};
  int seen = 0;
  Moment asked = {};

  Reading(Poller& poller, std::uint16_t port, std::uint64_t tag) : client(poller, port, tag) {}

  void begin(std::string_view wire) {
    events = EventFinder();
    seen = 0;
    asked = now();
    client.send(wire);
  }
};

}  // namespace

nlohmann::json run_streams(const Load& load) {
  const StreamShape shape = load.request.stream.value();
  const std::string wire = to_wire(load.request);
  Poller poller;
  std::deque<Reading> readings;
  for (int i = 0; i < load.connections; ++i) {
    readings.emplace_back(poller, load.request.port, static_cast<std::uint64_t>(i));
  }

  Latencies first_event;
  Latencies event_delay;
  std::uint64_t streams = 0;
  std::uint64_t refused = 0;
  std::uint64_t broken = 0;
  const Moment begin = now();
  const Moment end = begin + std::chrono::duration_cast<nanoseconds>(load.lasting);
  const Moment last = end + milliseconds(shape.events * shape.every_ms) + kPatience;
  const auto turn_of = [&](std::size_t i) {
    return begin + nanoseconds(milliseconds(shape.every_ms)) * static_cast<std::int64_t>(i) /
                       load.connections;
  };
  std::size_t begun = 0;
  std::size_t running = 0;

  while (now() < end || (running > 0 && now() < last)) {
    for (; begun < readings.size() && turn_of(begun) <= now(); ++begun, ++running) {
      readings[begun].begin(wire);
    }
    const Moment next = begun < readings.size() ? turn_of(begun) : now() < end ? end : last;
    for (const Ready& ready : poller.wait(next)) {
      Reading& reading = readings[ready.tag];
      const auto outcome = reading.client.advance(ready, [&](std::string_view piece) {
        reading.events.feed(piece, [&](Moment made) {
          const Moment moment = now();
          if (reading.seen++ == 0) first_event.add(moment - reading.asked);
          event_delay.add(moment - made);
        });
      });
      if (outcome == Client::Outcome::waiting) continue;
      const bool whole = reading.events.done() && reading.seen == shape.events;
      if (outcome == Client::Outcome::answered && reading.client.status() != 200) {
        ++refused;
      } else if (outcome == Client::Outcome::broken || !whole) {
        ++broken;
      } else {
        ++streams;
      }
      if (now() < end) {
        reading.begin(wire);
      } else {
        --running;
      }
    }
  }
  return {{"streams", streams},
          {"events", event_delay.count()},
          {"refused", refused},
          {"broken", broken + running},
          {"first_event", first_event.summary()},
          {"event_delay", event_delay.summary()}};
}

void hold_idle_streams(const Load& load) {
  // Few at a time, so that what is measured afterwards is open streams and not a crowd at the door.
  static constexpr std::size_t kAtOnce = 32;
  static constexpr std::uint64_t kStandardInput = ~std::uint64_t{0};
  const std::string wire = to_wire(load.request);
  const auto wanted = static_cast<std::size_t>(load.connections);
  Poller poller;
  poller.add(STDIN_FILENO, kStandardInput);
  std::deque<Reading> readings;
  std::size_t open = 0;
  std::uint64_t refused = 0;
  std::uint64_t broken = 0;
  bool said = false;

  while (true) {
    while (readings.size() < wanted && readings.size() < open + refused + broken + kAtOnce) {
      readings.emplace_back(poller, load.request.port, readings.size()).begin(wire);
    }
    for (const Ready& ready : poller.wait(std::nullopt)) {
      if (ready.tag == kStandardInput) {
        std::array<char, 64> ignored;
        if (read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
        continue;
      }
      Reading& reading = readings[ready.tag];
      const auto outcome = reading.client.advance(ready, [&](std::string_view piece) {
        reading.events.feed(piece, [&](Moment) {
          if (reading.seen++ == 0) ++open;
        });
      });
      if (outcome == Client::Outcome::answered) ++refused;
      if (outcome == Client::Outcome::broken) ++broken;
    }
    if (!said && open + refused + broken >= wanted) {
      said = true;
      fmt::print("{}\n",
                 nlohmann::json{{"open", open}, {"refused", refused}, {"broken", broken}}.dump());
      std::fflush(stdout);
    }
  }
}

}  // namespace keypool::bench
