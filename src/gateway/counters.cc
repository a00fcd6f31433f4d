#include "gateway/counters.h"

namespace keypool::gateway {

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::answered:
      return "answered";
    case Outcome::refused:
      return "refused";
    case Outcome::broken:
      return "broken";
    case Outcome::hung_up:
      return "hung_up";
  }
  return "unknown";
}

std::string_view to_string(TryEnd end) noexcept {
  switch (end) {
    case TryEnd::success:
      return "success";
    case TryEnd::throttled:
      return "throttled";
    case TryEnd::depleted:
      return "depleted";
    case TryEnd::bad_key:
      return "bad_key";
    case TryEnd::no_model_access:
      return "no_model_access";
    case TryEnd::overloaded:
      return "overloaded";
    case TryEnd::server_error:
      return "server_error";
    case TryEnd::request_fault:
      return "request_fault";
    case TryEnd::unreachable:
      return "unreachable";
    case TryEnd::timed_out:
      return "timed_out";
    case TryEnd::broken:
      return "broken";
    case TryEnd::hung_up:
      return "hung_up";
  }
  return "unknown";
}

TryEnd end_of(provider::VerdictKind kind) noexcept {
  using provider::VerdictKind;
  switch (kind) {
    case VerdictKind::success:
      return TryEnd::success;
    case VerdictKind::throttled:
      return TryEnd::throttled;
    case VerdictKind::depleted:
      return TryEnd::depleted;
    case VerdictKind::bad_key:
      return TryEnd::bad_key;
    case VerdictKind::no_model_access:
      return TryEnd::no_model_access;
    case VerdictKind::overloaded:
      return TryEnd::overloaded;
    case VerdictKind::server_error:
      return TryEnd::server_error;
    case VerdictKind::request_fault:
      return TryEnd::request_fault;
  }
  return TryEnd::server_error;
}

EndpointCounters& Counters::of(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  const auto known = endpoints_.find(endpoint);
  return known != endpoints_.end() ? known->second : endpoints_[std::string(endpoint)];
}

const EndpointCounters& Counters::of(std::string_view endpoint) const {
  static const EndpointCounters kNone;
  const std::lock_guard lock(mutex_);
  const auto known = endpoints_.find(endpoint);
  return known != endpoints_.end() ? known->second : kNone;
}

EndpointTimes<Times>& Counters::new_times(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  return times_[std::string(endpoint)].emplace_back();
}

EndpointTimes<Distribution> Counters::times_of(std::string_view endpoint) const {
  EndpointTimes<Distribution> sum;
  const std::lock_guard lock(mutex_);
  const auto known = times_.find(endpoint);
  if (known == times_.end()) return sum;
  for (const EndpointTimes<Times>& of_reactor : known->second) {
    of_reactor.lease_wait.add_to(sum.lease_wait);
    of_reactor.upstream.add_to(sum.upstream);
    of_reactor.first_byte.add_to(sum.first_byte);
  }
  return sum;
}

}  // namespace keypool::gateway
