#include "admin/metrics.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace keypool::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Family {
 public:
  Family(std::string name, std::string help, MetricType type) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }

  void add(Labels labels, double value) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
  }

  void add_summary(Labels labels, std::uint64_t count, double sum) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    metric.summary.sample_count = count;
    metric.summary.sample_sum = sum;
  }

  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

/// What is counted of a key, or of all keys of an endpoint together.
struct KeyFigures {
  std::uint64_t succeeded = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t failed = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  double latency_seconds = 0;

  void add(const KeyStats& key) {
    succeeded += key.successes;
    rate_limited += key.rate_limits;
    failed += key.failures;
    abandoned += key.abandoned;
    input_tokens += key.total_input_tokens;
    output_tokens += key.total_output_tokens;
    latency_seconds += std::chrono::duration<double>(key.total_latency).count();
  }
};

Labels with(Labels labels, std::string name, std::string_view value) {
  labels.push_back({std::move(name), std::string(value)});
  return labels;
}

double number(std::uint64_t count) { return static_cast<double>(count); }

class Page {
 public:
  void add_endpoint(const EndpointStats& endpoint, const EndpointTraffic& traffic,
                    std::size_t waiting) {
    const Labels labels{{"endpoint", endpoint.endpoint}};
    add_traffic(labels, traffic);
    waiting_.add(labels, number(waiting));

    const auto counts = count_states(endpoint.keys);
    for (const KeyState state : kKeyStates) {
      keys_.add(with(labels, "state", to_string(state)),
                number(counts[static_cast<std::size_t>(state)]));
    }
    KeyFigures sum;
    for (const KeyStats& key : endpoint.keys) sum.add(key);
    upstream_seconds_.add_summary(labels, sum.succeeded, sum.latency_seconds);
    if (endpoint.keys.empty()) return;
    if (endpoint.keys.size() > kKeysToldApart) {
      add_figures(labels, sum);
      return;
    }
    for (const KeyStats& key : endpoint.keys) {
      const Labels of_key = with(labels, "key", key.name);
      KeyFigures figures;
      figures.add(key);
      add_figures(of_key, figures);
      for (const KeyState state : kKeyStates) {
        key_state_.add(with(of_key, "state", to_string(state)), key.state == state ? 1 : 0);
      }
    }
  }

  void add_gateway(const Traffic& traffic) {
    astray_.add({}, number(traffic.astray));
    connections_.add({}, number(traffic.connections));
    build_.add({{"version", KEYPOOL_VERSION}}, 1);
  }

  std::string text() {
    std::vector<MetricFamily> families;
    for (Family* family :
         {&build_, &connections_, &in_flight_, &waiting_, &calls_, &astray_, &retries_, &fallbacks_,
          &requests_, &tokens_, &upstream_seconds_, &keys_, &key_state_}) {
      families.push_back(family->take());
    }
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  void add_traffic(const Labels& labels, const EndpointTraffic& traffic) {
    in_flight_.add(labels, number(traffic.in_flight));
    retries_.add(labels, number(traffic.retries));
    fallbacks_.add(labels, number(traffic.fallbacks));
    const auto outcomes =
        std::to_array<std::pair<std::string_view, std::uint64_t>>({{"answered", traffic.answered},
                                                                   {"refused", traffic.refused},
                                                                   {"broken", traffic.broken},
                                                                   {"hung_up", traffic.hung_up}});
    for (const auto& [outcome, count] : outcomes) {
      calls_.add(with(labels, "outcome", outcome), number(count));
    }
  }

  void add_figures(const Labels& labels, const KeyFigures& figures) {
    const auto outcomes = std::to_array<std::pair<std::string_view, std::uint64_t>>(
        {{"succeeded", figures.succeeded},
         {"rate_limited", figures.rate_limited},
         {"failed", figures.failed},
         {"abandoned", figures.abandoned}});
    for (const auto& [outcome, count] : outcomes) {
      requests_.add(with(labels, "outcome", outcome), number(count));
    }
    tokens_.add(with(labels, "direction", "input"), number(figures.input_tokens));
    tokens_.add(with(labels, "direction", "output"), number(figures.output_tokens));
  }

  Family build_{"keypool_build_info", "The version that runs.", MetricType::Gauge};
  Family connections_{"keypool_connections", "Client connections open now.", MetricType::Gauge};
  Family in_flight_{"keypool_in_flight", "Calls being served now.", MetricType::Gauge};
  Family waiting_{"keypool_waiting", "Calls that wait for a key now.", MetricType::Gauge};
  Family calls_{"keypool_calls_total", "Calls by how their clients saw them end.",
                MetricType::Counter};
  Family astray_{"keypool_astray_calls_total", "Calls refused before they had an endpoint.",
                 MetricType::Counter};
  Family retries_{"keypool_retries_total", "Tries beyond the first of a call.",
                  MetricType::Counter};
  Family fallbacks_{"keypool_fallbacks_total", "Calls that went on to another endpoint.",
                    MetricType::Counter};
  Family requests_{"keypool_requests_total", "Requests to the provider by how they went.",
                   MetricType::Counter};
  Family tokens_{"keypool_tokens_total", "Tokens counted from answers.", MetricType::Counter};
  Family upstream_seconds_{"keypool_upstream_seconds",
                           "How long successful requests to the provider took.",
                           MetricType::Summary};
  Family keys_{"keypool_keys", "Keys by state.", MetricType::Gauge};
  Family key_state_{"keypool_key_state", "1 for the state that a key is in.", MetricType::Gauge};
};

}  // namespace

std::string metrics_text(const Snapshot& snapshot) {
  Page page;
  for (std::size_t place = 0; place < snapshot.endpoints.size(); ++place) {
    page.add_endpoint(snapshot.endpoints[place], snapshot.traffic.endpoints[place],
                      snapshot.waiting[place]);
  }
  page.add_gateway(snapshot.traffic);
  return page.text();
}

}  // namespace keypool::admin
