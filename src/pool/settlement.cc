#include <algorithm>

#include "pool/endpoint.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

/// A lane that has ended its rest and proven good for this many calls at a time is open again.
constexpr std::uint32_t kFullRamp = 64;

}  // namespace

void Endpoint::succeed(const Ticket& ticket, const Success& success) noexcept {
  const MonotonicTime now = clock_.recent();
  const Usage usage{success.input_tokens, success.output_tokens,
                    static_cast<std::uint64_t>(believable(success.latency).count())};
  Lock lock(lock_);
  settle(call_of(ticket), Ending::success, usage, now);
  leave(lock, *ticket.key);
}

void Endpoint::rate_limited(const Ticket& ticket,
                            std::optional<std::chrono::milliseconds> after) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock(lock_);
  settle(call_of(ticket), Ending::rate_limit, {}, now);
  rest_lane(*ticket.board, ticket.key->group, LaneFault::rate_limit, now, after);
  leave(lock, *ticket.key);
}

void Endpoint::fail(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock(lock_);
  ticket.key->last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  leave(lock, *ticket.key);
}

void Endpoint::endpoint_failed(const Ticket& ticket, std::string_view why) noexcept {
  fail(ticket, why);
}

Blame Endpoint::key_refused(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock(lock_);
  Key& key = *ticket.key;
  key.last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  rest_key(key, why, now);
  leave(lock, key);
  return Blame::key;
}

void Endpoint::group_depleted(const Ticket& ticket, std::string_view why,
                              std::optional<std::chrono::milliseconds> after) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock(lock_);
  Key& key = *ticket.key;
  key.last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  rest_group(key.group, why, now, after);
  leave(lock, key);
}

void Endpoint::model_refused(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock(lock_);
  ticket.key->last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  rest_lane(*ticket.board, ticket.key->group, LaneFault::model_refused, now, std::nullopt);
  leave(lock, *ticket.key);
}

void Endpoint::abandon(const Ticket& ticket) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock(lock_);
  settle(call_of(ticket), Ending::abandoned, {}, now);
  leave(lock, *ticket.key);
}

void Endpoint::release(const Ticket& ticket) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock(lock_);
  settle(call_of(ticket), Ending::released, {}, now);
  leave(lock, *ticket.key);
}

void Endpoint::detach(const Ticket& ticket) noexcept {
  Lock lock(lock_);
  Key& key = *ticket.key;
  ++key.detached;
  key.detached_board = ticket.board;
  key.detached_leased_at = ticket.leased_at;
  key.detached_charge += call_of(ticket).reserved;
  --ticket.board->lanes[key.group].in_flight;
  refresh_group(key.group);
  leave(lock, key);
}

bool Endpoint::report_success(std::string_view key_name, const Success& success) {
  const MonotonicTime now = clock_.recent();
  const Usage usage{success.input_tokens, success.output_tokens,
                    static_cast<std::uint64_t>(believable(success.latency).count())};
  Lock lock(lock_);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  settle(reported_call(*key), Ending::success, usage, now);
  return true;
}

bool Endpoint::report_rate_limit(std::string_view key_name,
                                 std::optional<std::chrono::milliseconds> after) {
  const MonotonicTime now = clock_.now();
  Lock lock(lock_);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  const Call call = reported_call(*key);
  settle(call, Ending::rate_limit, {}, now);
  rest_lane(call.board, key->group, LaneFault::rate_limit, now, after);
  return true;
}

bool Endpoint::report_failure(std::string_view key_name) {
  const MonotonicTime now = clock_.recent();
  Lock lock(lock_);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  settle(reported_call(*key), Ending::failure, {}, now);
  return true;
}

Endpoint::Call Endpoint::call_of(const Ticket& ticket) const noexcept {
  return {.board = *ticket.board,
          .key = *ticket.key,
          .reserved = decay_.past_weight(ticket.leased_at) *
                      charge(ticket.input_tokens, ticket.output_tokens),
          .leased_at = ticket.leased_at,
          .on_lane = true,
          .on_key = true};
}

// Calls reported by name are told apart only by their key: each gives back an equal part of what is
// reserved for all of them.
Endpoint::Call Endpoint::reported_call(Key& key) noexcept {
  Call call{.board = key.detached_board != nullptr ? *key.detached_board : plain_,
            .key = key,
            .reserved = 0,
            .leased_at = key.detached_leased_at,
            .on_lane = false,
            .on_key = key.detached > 0};
  if (key.detached > 0) {
    call.reserved = key.detached_charge / key.detached;
    key.detached_charge -= call.reserved;
    --key.detached;
  }
  return call;
}

void Endpoint::settle(const Call& call, Ending ending, const Usage& usage,
                      MonotonicTime now) noexcept {
  Key& key = call.key;
  Lane& lane = call.board.lanes[key.group];
  if (call.on_lane) --lane.in_flight;
  if (call.on_key) --key.in_flight;
  double charged = 0;
  switch (ending) {
    case Ending::success:
      add_saturated(key.successes, 1);
      add_saturated(key.latency_ms, usage.latency_ms);
      add_saturated(key.input_tokens, usage.input_tokens);
      add_saturated(key.output_tokens, usage.output_tokens);
      key.last_success = now;
      key.recompute_average();
      charged = charge(usage.input_tokens, usage.output_tokens) * decay_.weight(now);
      break;
    case Ending::rate_limit:
      add_saturated(key.rate_limits, 1);
      key.last_rate_limit = now;
      key.recompute_average();
      charged = charge(0, 0) * decay_.weight(now);
      break;
    case Ending::failure:
      add_saturated(key.failures, 1);
      key.recompute_average();
      charged = charge(0, 0) * decay_.weight(now);
      break;
    case Ending::abandoned:
      // What it has used nobody knows: its estimate stays charged.
      add_saturated(key.abandoned, 1);
      charged = call.reserved;
      break;
    case Ending::released:
      if (key.total_requests > 0) --key.total_requests;
      break;
  }
  lane.charged = std::max(0.0, lane.charged - call.reserved + charged);
  if (lane.fault == LaneFault::none && !key.watched) [[likely]] {
    call.board.ready.set(key.group, rank(lane));
    return;
  }
  if (ending == Ending::success) proven_good(call);
  refresh_group(key.group);
}

// A call that was leased after a rest began and went well ends it, for the key, its group and, step
// by step, its lane.
void Endpoint::proven_good(const Call& call) noexcept {
  Key& key = call.key;
  Group& group = groups_[key.group];
  Lane& lane = call.board.lanes[key.group];
  if (call.leased_at > key.refused.since) {
    key.refused.clear();
    key.refusal.clear();
  }
  if (call.leased_at > group.depleted.since) {
    group.depleted.clear();
    group.depletion.clear();
  }
  watch(group);
  if (lane.fault == LaneFault::none || call.leased_at <= lane.rest.since) return;
  const std::uint32_t ramp = std::max(lane.ramp, 1u) * 2;
  lane.rest.resting = false;
  lane.rest.strikes = 0;
  if (ramp < kFullRamp) {
    call.board.set_ramp(lane, ramp);
  } else {
    call.board.set_ramp(lane, 0);
    lane.rest.clear();
    lane.fault = LaneFault::none;
  }
}

// Last step of every settlement: the key, or the whole endpoint, may have waited for it.
void Endpoint::leave(Lock& lock, Key& key) noexcept {
  if (key.draining) erase_if_drained(key);
  if (!closed_) [[likely]]
    return;
  if (--leases_at_close_ > 0) return;
  lock.unlock();
  delete this;
}

}  // namespace keypool::pool
