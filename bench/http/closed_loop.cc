#include <deque>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/http/client.h"
#include "bench/http/latencies.h"
#include "bench/http/load.h"

namespace keypool::bench {

nlohmann::json run_closed_loop(const Load& load) {
  const std::string wire = to_wire(load.request);
  Poller poller;
  std::deque<Client> clients;
  for (int i = 0; i < load.connections; ++i) {
    clients.emplace_back(poller, load.request.port, static_cast<std::uint64_t>(i));
  }

  Latencies latencies;
  std::uint64_t refused = 0;
  std::uint64_t broken = 0;
  const Moment begin = now();
  const Moment end = begin + std::chrono::duration_cast<nanoseconds>(load.lasting);
  std::vector<Moment> asked(clients.size(), begin);
  for (Client& client : clients) client.send(wire);
  while (now() < end) {
    for (const Ready& ready : poller.wait(end)) {
      Client& client = clients[ready.tag];
      const auto outcome = client.advance(ready);
      if (outcome == Client::Outcome::waiting) continue;
      const Moment moment = now();
      if (outcome == Client::Outcome::broken) {
        ++broken;
      } else if (client.status() != 200) {
        ++refused;
      } else {
        latencies.add(moment - asked[ready.tag]);
      }
      asked[ready.tag] = moment;
      client.send(wire);
    }
  }
  const std::chrono::duration<double> took = now() - begin;
  return {{"completed", latencies.count()},
          {"per_second", static_cast<double>(latencies.count()) / took.count()},
          {"refused", refused},
          {"broken", broken},
          {"latency", latencies.summary()}};
}

}  // namespace keypool::bench
