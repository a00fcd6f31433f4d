#include <algorithm>

#include "pool/calendar.h"
#include "pool/endpoint.h"
#include "pool/moment.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

/// A lane that has ended its rest and proven good for this many calls at a time is open again.
constexpr unsigned kFullRamp = 64;

}  // namespace

Endpoint::Call Endpoint::call_of(const Ticket& ticket) const noexcept {
  const double then = past_weight(ticket.leased_at);
  return {.board = *ticket.board,
          .key = *ticket.key,
          .reserved = then * ticket.charge,
          .weight = then,
          .cost = {.input = double(ticket.input_tokens), .output = double(ticket.output_tokens)},
          .leased_at = ticket.leased_at,
          .on_lane = true,
          .on_key = true,
          .limited = ticket.limited,
          .estimated = ticket.estimated ? &ticket : nullptr};
}

// Calls reported by name are told apart only by their key: each gives back an equal part of what is
// reserved for all of them.
Endpoint::Call Endpoint::reported_call(Key& key) noexcept {
  const KeyExtras& extras = *key.extras;
  Call call{.board = extras.detached_board != nullptr ? *extras.detached_board : plain_,
            .key = key,
            .reserved = 0,
            .weight = 0,
            .cost = {},
            .leased_at = extras.detached_leased_at,
            .on_lane = false,
            .on_key = extras.detached > 0,
            .limited = false,
            .estimated = nullptr};
  if (extras.detached > 0) {
    KeyExtras& mine = key.extras.edit();
    call.reserved = mine.detached_charge / mine.detached;
    mine.detached_charge -= call.reserved;
    --mine.detached;
  }
  return call;
}

void Endpoint::settle(const Call& call, Ending ending, const Usage& usage,
                      MonotonicTime now) noexcept {
  Key& key = call.key;
  Board& board = call.board;
  Lane& lane = board.lanes[key.group];
  if (call.on_lane) {
    --lane.in_flight;
    --board.in_flight;
  }
  if (call.on_key) --key.in_flight;
  count(call, ending, usage, now);

  // However it ended, an operator who wanted the key to be tried knows.
  if (!wanted_.empty()) std::erase(wanted_, &key);
  tell_circuits(call, ending);
  if (ending == Ending::success) proven_good(call);
  if (key.watched) {
    refresh_group(key.group, now);
  } else {
    refresh(board, key.group, now);
  }
}

// Counts, charges the lane's load, and puts right what was taken of its limits.
void Endpoint::count(const Call& call, Ending ending, const Usage& usage,
                     MonotonicTime now) noexcept {
  Key& key = call.key;
  Lane& lane = call.board.lanes[key.group];
  Cost used;
  double charged = 0;
  double uncounted = 0;
  switch (ending) {
    case Ending::success:
      add_saturated(key.successes, 1);
      add_saturated(key.latency_ms, usage.latency_ms);
      add_saturated(key.input_tokens, usage.input_tokens);
      add_saturated(key.output_tokens, usage.output_tokens);
      key.last_success = now;
      key.recompute_average();
      charged = lane.charge_of(usage.input_tokens, usage.output_tokens) * weight(now);
      used.input = static_cast<double>(std::min(usage.input_tokens, kMostTokens));
      used.output = static_cast<double>(std::min(usage.output_tokens, kMostTokens));
      if (call.estimated != nullptr) {
        call.board.estimates.learn(call.estimated->asked_input, call.estimated->asked_output,
                                   usage.input_tokens, usage.output_tokens);
      }
      if (key.extras->terms != nullptr) spend(key, usage, now);
      break;
    case Ending::rate_limit:
      add_saturated(key.rate_limits, 1);
      key.last_rate_limit = now;
      key.recompute_average();
      charged = lane.charge_of(0, 0) * weight(now);
      uncounted = call.weight;
      used.calls = 0;
      break;
    case Ending::failure:
      add_saturated(key.failures, 1);
      add_saturated(key.input_tokens, usage.input_tokens);
      add_saturated(key.output_tokens, usage.output_tokens);
      key.recompute_average();
      charged = lane.charge_of(usage.input_tokens, usage.output_tokens) * weight(now);
      used.input = static_cast<double>(std::min(usage.input_tokens, kMostTokens));
      used.output = static_cast<double>(std::min(usage.output_tokens, kMostTokens));
      if (key.extras->terms != nullptr) spend(key, usage, now);
      break;
    case Ending::abandoned:
      // What it has used nobody knows: its estimate stays charged.
      add_saturated(key.extras.edit().abandoned, 1);
      charged = call.reserved;
      used = call.cost;
      break;
    case Ending::released:
      if (key.total_requests > 0) --key.total_requests;
      uncounted = call.weight;
      used.calls = 0;
      break;
  }
  if (ending == Ending::success && lane.extras->restraint.active())
    lane.extras.edit().restraint.went_well(lane.in_flight, now);
  lane.charged = std::max(0.0, lane.charged - call.reserved + charged);
  lane.calls = std::max(0.0, lane.calls - uncounted);
  if (!call.limited || lane.limits == nullptr) return;
  if (used.calls > 0) {
    lane.limits->settle(call.cost, used, now);
  } else {
    lane.limits->give_back(call.cost, call.leased_at, now);
  }
  if (ending != Ending::rate_limit) {
    lane.limits->probe_ended(call.leased_at, ending == Ending::success, now);
  }
}

void Endpoint::spend(Key& key, const Usage& usage, MonotonicTime now) {
  KeyTerms& terms = *key.extras->terms;
  if (!terms.has_caps()) return;
  const WallTime wall = clock_.wall();
  const Calendar calendar(wall);
  if (terms.day != calendar.day()) {
    terms.day = calendar.day();
    terms.tokens_today = 0;
    terms.micro_usd_today = 0;
  }
  if (terms.month != calendar.month()) {
    terms.month = calendar.month();
    terms.micro_usd_this_month = 0;
  }
  add_saturated(terms.tokens_today, usage.input_tokens);
  add_saturated(terms.tokens_today, usage.output_tokens);
  add_saturated(terms.micro_usd_today, usage.cost_micro_usd);
  add_saturated(terms.micro_usd_this_month, usage.cost_micro_usd);

  const auto reached = [](std::uint64_t spent, std::uint64_t cap) {
    return cap > 0 && spent >= cap;
  };
  const auto rest_until = [&](WallTime end, std::string_view cap) {
    terms.capped_until = std::max(terms.capped_until, end_after(now, end - wall));
    terms.cap = cap;
  };
  if (reached(terms.tokens_today, terms.caps.tokens_per_day)) {
    rest_until(calendar.end_of_day(), "its cap of tokens a day");
  }
  if (reached(terms.micro_usd_today, terms.caps.micro_usd_per_day)) {
    rest_until(calendar.end_of_day(), "its cap of USD a day");
  }
  if (reached(terms.micro_usd_this_month, terms.caps.micro_usd_per_month)) {
    rest_until(calendar.end_of_month(), "its cap of USD a month");
  }
}

// A success shows that the endpoint and its keys are well, a rate limit that they answer; any other
// end tells nothing.
void Endpoint::tell_circuits(const Call& call, Ending ending) noexcept {
  switch (ending) {
    case Ending::success:
      refusals_.clear();
      [[fallthrough]];
    case Ending::rate_limit:
      if (!call.board.circuit.calm()) call.board.circuit.succeeded(call.leased_at);
      if (!circuit_.calm()) circuit_.succeeded(call.leased_at);
      break;
    case Ending::failure:
      // Whoever reports the failure tells the circuit that it is about.
      break;
    case Ending::abandoned:
    case Ending::released:
      call.board.circuit.undecided(call.leased_at);
      circuit_.undecided(call.leased_at);
      break;
  }
  update_ordinary();
}

// A call that was leased after a rest began and went well ends it, for the key, its group and, step
// by step, its lane.
void Endpoint::proven_good(const Call& call) noexcept {
  Key& key = call.key;
  Group& group = groups_[key.group];
  Lane& lane = call.board.lanes[key.group];
  if (call.leased_at > key.extras->refused.since) {
    key.extras.edit().refused.clear();
    key.extras.edit().refusal.clear();
  }
  if (call.leased_at > group.extras->depleted.since) {
    group.extras.edit().depleted.clear();
    group.extras.edit().depletion.clear();
  }
  watch(group);
  if (lane.fault == LaneFault::none || call.leased_at <= lane.extras->rest.since) return;
  const unsigned ramp = std::max<unsigned>(lane.ramp, 1) * 2;
  lane.extras.edit().rest.resting = false;
  lane.extras.edit().rest.strikes = 0;
  if (ramp < kFullRamp && !lane.is_paced()) {
    call.board.set_ramp(lane, ramp);
  } else {
    call.board.set_ramp(lane, 0);
    lane.extras.edit().rest.clear();
    lane.fault = LaneFault::none;
  }
}

// Last step of every lease: its key may have waited for it in order to go.
void Endpoint::leave(Lock& lock, Key& key) noexcept {
  if (key.duty == Duty::removed) erase_if_drained(key);
  if (closed_) [[unlikely]] {
    let_go(lock);
    return;
  }
  done(lock);
}

// Last step of everything that may have made room.
void Endpoint::done(Lock& lock) noexcept {
  if (queue_ == nullptr || queue_->size() == 0) return;
  lock.unlock();
  serve();
}

// Nobody but what is still held keeps a closed endpoint.
void Endpoint::let_go(Lock& lock) noexcept {
  if (--held_at_close_ > 0) return;
  lock.unlock();
  delete this;
}

}  // namespace keypool::pool
