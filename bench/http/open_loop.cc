#include <algorithm>
#include <deque>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/http/client.h"
#include "bench/http/latencies.h"
#include "bench/http/load.h"

namespace keypool::bench {
namespace {

/// How long the last calls may take before they count as unanswered.
constexpr std::chrono::seconds kPatience{2};

/// When each call is due: evenly spaced, whatever becomes of the ones before.
class Schedule {
 public:
  Schedule(Moment begin, Moment end, double per_second)
      : begin_(begin), end_(end), interval_(1e9 / per_second) {}

  [[nodiscard]] Moment next() const {
    return begin_ + nanoseconds(static_cast<std::int64_t>(interval_ * static_cast<double>(made_)));
  }
  [[nodiscard]] bool over() const { return next() >= end_; }
  Moment take() {
    const Moment due = next();
    ++made_;
    return due;
  }

 private:
  Moment begin_;
  Moment end_;
  double interval_;
  std::uint64_t made_ = 0;
};

}  // namespace

nlohmann::json run_open_loop(const Load& load, double calls_per_second) {
  const std::string wire = to_wire(load.request);
  Poller poller;
  std::deque<Client> clients;
  std::vector<std::uint64_t> free;
  for (int i = 0; i < load.connections; ++i) {
    free.push_back(clients.size());
    clients.emplace_back(poller, load.request.port, free.back());
  }

  Latencies latencies;
  std::uint64_t refused = 0;
  std::uint64_t broken = 0;
  std::size_t longest_queue = 0;
  std::deque<Moment> queue;  // calls that are due and have no connection yet
  std::vector<Moment> due(clients.size());
  const Moment begin = now();
  const Moment end = begin + std::chrono::duration_cast<nanoseconds>(load.lasting);
  Schedule schedule(begin, end, calls_per_second);
  const auto under_way = [&] { return queue.size() + clients.size() - free.size(); };

  while (!schedule.over() || (under_way() > 0 && now() < end + kPatience)) {
    while (!schedule.over() && schedule.next() <= now()) queue.push_back(schedule.take());
    longest_queue = std::max(longest_queue, queue.size());
    while (!queue.empty() && !free.empty()) {
      const auto tag = free.back();
      free.pop_back();
      due[tag] = queue.front();
      queue.pop_front();
      clients[tag].send(wire);
    }
    for (const Ready& ready : poller.wait(schedule.over() ? end + kPatience : schedule.next())) {
      Client& client = clients[ready.tag];
      const auto outcome = client.advance(ready);
      if (outcome == Client::Outcome::waiting) continue;
      if (outcome == Client::Outcome::broken) {
        ++broken;
      } else if (client.status() != 200) {
        ++refused;
      } else {
        latencies.add(now() - due[ready.tag]);
      }
      free.push_back(ready.tag);
    }
  }
  return {{"completed", latencies.count()},
          {"per_second", static_cast<double>(latencies.count()) / load.lasting.count()},
          {"refused", refused},
          {"broken", broken},
          {"unanswered", under_way()},
          {"longest_queue", longest_queue},
          {"latency", latencies.summary()}};
}

}  // namespace keypool::bench
