#include "admin/metrics.h"

#include <array>
#include <limits>
#include <set>
#include <span>
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
using state::Figure;
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

  void add_histogram(Labels labels, const Distribution& times, std::span<const double> bounds) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    metric.histogram.sample_sum = times.seconds;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < times.counts.size(); ++i) {
      below += times.counts[i];
      const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({.cumulative_count = below, .upper_bound = bound});
    }
    metric.histogram.sample_count = below;
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

  void add(const KeyStats& key) {
    succeeded += key.successes;
    rate_limited += key.rate_limits;
    failed += key.failures;
    abandoned += key.abandoned;
  }
};

Labels with(Labels labels, std::string name, std::string_view value) {
  labels.push_back({std::move(name), std::string(value)});
  return labels;
}

double number(std::uint64_t count) { return static_cast<double>(count); }

using Crowds = std::set<std::string_view>;

/// Endpoints whose keys are not told apart: they are too many, alone or with those before them.
Crowds crowds_of(const Snapshot& snapshot) {
  Crowds crowds;
  std::size_t told = 0;
  for (const EndpointStats& endpoint : snapshot.endpoints) {
    const std::size_t keys = endpoint.keys.size();
    if (keys > kKeysToldApart || told + keys > kKeysToldApartInAll) {
      crowds.insert(endpoint.endpoint);
    } else {
      told += keys;
    }
  }
  return crowds;
}

/// Without the keys of crowds.
UsedBySeries told_apart(const Crowds& crowds, const UsedBySeries& used) {
  UsedBySeries told;
  for (const auto& [series, figures] : used) {
    const auto& [endpoint, key, model] = series;
    told[{endpoint, crowds.contains(endpoint) ? std::string() : key, model}] += figures;
  }
  return told;
}

class Page {
 public:
  explicit Page(const Crowds& crowds) : crowds_(crowds) {}

  void add_endpoint(const EndpointStats& endpoint, const EndpointTraffic& traffic,
                    std::span<const double> time_bounds, std::size_t waiting) {
    const Labels labels{{"endpoint", endpoint.endpoint}};
    add_traffic(labels, traffic);
    lease_wait_seconds_.add_histogram(labels, traffic.lease_wait, time_bounds);
    upstream_seconds_.add_histogram(labels, traffic.upstream, time_bounds);
    first_byte_seconds_.add_histogram(labels, traffic.first_byte, time_bounds);
    waiting_.add(labels, number(waiting));

    const auto counts = count_states(endpoint.keys);
    for (const KeyState state : kKeyStates) {
      keys_.add(with(labels, "state", to_string(state)),
                number(counts[static_cast<std::size_t>(state)]));
    }
    KeyFigures sum;
    for (const KeyStats& key : endpoint.keys) sum.add(key);
    if (endpoint.keys.empty()) return;
    if (crowds_.contains(endpoint.endpoint)) {
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

  void add_used(const UsedBySeries& used) {
    for (const auto& [series, figures] : used) {
      const auto& [endpoint, key, model] = series;
      Labels labels{{"endpoint", endpoint}};
      if (!key.empty()) labels = with(std::move(labels), "key", key);
      labels = with(std::move(labels), "model", model);
      tokens_.add(with(labels, "direction", "input"), number(figures[Figure::input_tokens]));
      tokens_.add(with(labels, "direction", "output"), number(figures[Figure::output_tokens]));
      cost_.add(labels, number(figures[Figure::cost_micro_usd]) / 1e6);
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
          &requests_, &tokens_, &cost_, &lease_wait_seconds_, &upstream_seconds_,
          &first_byte_seconds_, &keys_, &key_state_}) {
      families.push_back(family->take());
    }
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  void add_traffic(const Labels& labels, const EndpointTraffic& traffic) {
    in_flight_.add(labels, number(traffic.in_flight));
    for (const auto& [reason, count] : traffic.retries_after) {
      retries_.add(with(labels, "reason", reason), number(count));
    }
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
  }

  const Crowds& crowds_;
  Family build_{"keypool_build_info", "The version that runs.", MetricType::Gauge};
  Family connections_{"keypool_connections", "Client connections open now.", MetricType::Gauge};
  Family in_flight_{"keypool_in_flight", "Calls being served now.", MetricType::Gauge};
  Family waiting_{"keypool_waiting", "Calls that wait for a key now.", MetricType::Gauge};
  Family calls_{"keypool_calls_total", "Calls by how their clients saw them end.",
                MetricType::Counter};
  Family astray_{"keypool_astray_calls_total", "Calls refused before they had an endpoint.",
                 MetricType::Counter};
  Family retries_{"keypool_retries_total",
                  "Tries beyond the first of a call, by how the one before ended.",
                  MetricType::Counter};
  Family fallbacks_{"keypool_fallbacks_total", "Calls that went on to another endpoint.",
                    MetricType::Counter};
  Family requests_{"keypool_requests_total", "Requests to the provider by how they went.",
                   MetricType::Counter};
  Family tokens_{"keypool_tokens_total", "Tokens counted from answers.", MetricType::Counter};
  Family cost_{"keypool_cost_usd_total", "What the tokens cost.", MetricType::Counter};
  Family lease_wait_seconds_{"keypool_lease_wait_seconds",
                             "From asking for a key to having it, or to giving up.",
                             MetricType::Histogram};
  Family upstream_seconds_{"keypool_upstream_seconds",
                           "How long successful requests to the provider took.",
                           MetricType::Histogram};
  Family first_byte_seconds_{"keypool_first_byte_seconds",
                             "From a call's coming to the first byte of its answer's body.",
                             MetricType::Histogram};
  Family keys_{"keypool_keys", "Keys by state.", MetricType::Gauge};
  Family key_state_{"keypool_key_state", "1 for the state that a key is in.", MetricType::Gauge};
};

}  // namespace

std::string metrics_text(const Snapshot& snapshot, const UsedBySeries& used) {
  const Crowds crowds = crowds_of(snapshot);
  Page page(crowds);
  for (std::size_t place = 0; place < snapshot.endpoints.size(); ++place) {
    page.add_endpoint(snapshot.endpoints[place], snapshot.traffic.endpoints[place],
                      snapshot.traffic.time_bounds, snapshot.waiting[place]);
  }
  page.add_used(told_apart(crowds, used));
  page.add_gateway(snapshot.traffic);
  return page.text();
}

}  // namespace keypool::admin
