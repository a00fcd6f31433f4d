#include <algorithm>

#include "pool/endpoint.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

using std::chrono::milliseconds;

/// Rests when the answer gives no hint: OpenAI's "slow down" asks for half a minute or more, a
/// place among calls under way becomes free as soon as one ends.
constexpr milliseconds kSlowedRest{30'000};
constexpr milliseconds kCrowdedRest{1000};

}  // namespace

void Endpoint::succeed_with_care(const Ticket& ticket, const Success& success) noexcept {
  const MonotonicTime now = clock_.recent();
  const Usage usage{success.input_tokens, success.output_tokens,
                    static_cast<std::uint64_t>(believable(success.latency).count()),
                    success.cost_micro_usd};
  Lock lock = enter(now);
  settle(call_of(ticket), Ending::success, usage, now);
  leave(lock, *ticket.key);
}

void Endpoint::rate_limited(const Ticket& ticket, std::optional<std::chrono::milliseconds> after,
                            std::optional<Dimension> limit) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  const Call call = call_of(ticket);
  settle(call, Ending::rate_limit, {}, now);
  throttle(call, after, limit, now);
  leave(lock, *ticket.key);
}

// Neither tells anything about the lane's limits.
void Endpoint::told_to_slow_down(const Ticket& ticket, std::optional<milliseconds> after) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  const Call call = call_of(ticket);
  settle(call, Ending::rate_limit, {}, now);
  const std::uint32_t number = call.key.group;
  Lane& lane = call.board.lanes[number];
  if (lane.extras->restraint.is_news(call.leased_at)) {
    const double lately = lane.calls * decay_.per_minute() / decay_.weight(now);
    lane.extras.edit().restraint.slow_down(lately, now);
  }
  rest_lane(call.board, number, LaneFault::rate_limit, now, after.value_or(kSlowedRest));
  leave(lock, call.key);
}

void Endpoint::too_many_at_once(const Ticket& ticket, std::optional<milliseconds> after) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  const Call call = call_of(ticket);
  settle(call, Ending::rate_limit, {}, now);
  const std::uint32_t number = call.key.group;
  Lane& lane = call.board.lanes[number];
  if (lane.extras->restraint.is_news(call.leased_at)) {
    lane.extras.edit().restraint.too_many_at_once(lane.in_flight, now);
  }
  rest_lane(call.board, number, LaneFault::rate_limit, now, after.value_or(kCrowdedRest));
  leave(lock, call.key);
}

void Endpoint::fail(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  ticket.key->extras.edit().last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  leave(lock, *ticket.key);
}

void Endpoint::endpoint_failed(const Ticket& ticket, std::string_view why,
                               const Success& used) noexcept {
  const MonotonicTime now = clock_.now();
  const Usage usage{.input_tokens = used.input_tokens,
                    .output_tokens = used.output_tokens,
                    .cost_micro_usd = used.cost_micro_usd};
  Lock lock = enter(now);
  ticket.key->extras.edit().last_failure.set(why);
  settle(call_of(ticket), Ending::failure, usage, now);
  ticket.board->circuit.failed(ticket.leased_at, now);
  leave(lock, *ticket.key);
}

Blame Endpoint::key_refused(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  Key& key = *ticket.key;
  key.extras.edit().last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  Blame blame = Blame::key;
  if (circuit_.open()) {
    circuit_.failed(ticket.leased_at, now);
    blame = Blame::endpoint;
  } else {
    rest_key(key, why, now);
    if (endpoint_is_suspect(key, now)) {
      acquit_refused_keys(now);
      circuit_.trip(now);
      blame = Blame::endpoint;
    }
  }
  update_ordinary();
  leave(lock, key);
  return blame;
}

void Endpoint::key_leaked(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  Key& key = *ticket.key;
  key.extras.edit().last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  key.extras.edit().refused.begin(now, kNever);
  key.extras.edit().refusal.set(why);
  watch(groups_[key.group]);
  refresh_group(key.group, now);
  leave(lock, key);
}

void Endpoint::group_depleted(const Ticket& ticket, std::string_view why,
                              std::optional<std::chrono::milliseconds> after) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  Key& key = *ticket.key;
  key.extras.edit().last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  rest_group(key.group, why, now, after);
  leave(lock, key);
}

void Endpoint::model_refused(const Ticket& ticket, std::string_view why) noexcept {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  ticket.key->extras.edit().last_failure.set(why);
  settle(call_of(ticket), Ending::failure, {}, now);
  rest_lane(*ticket.board, ticket.key->group, LaneFault::model_refused, now, std::nullopt);
  leave(lock, *ticket.key);
}

void Endpoint::abandon(const Ticket& ticket) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  settle(call_of(ticket), Ending::abandoned, {}, now);
  leave(lock, *ticket.key);
}

void Endpoint::release(const Ticket& ticket) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  settle(call_of(ticket), Ending::released, {}, now);
  leave(lock, *ticket.key);
}

// What was reserved of the lane's limits is taken for used: nobody will tell which call it was.
void Endpoint::detach(const Ticket& ticket) noexcept {
  const MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  Key& key = *ticket.key;
  const Call call = call_of(ticket);
  Lane& lane = call.board.lanes[key.group];
  KeyExtras& extras = key.extras.edit();
  ++extras.detached;
  extras.detached_board = &call.board;
  extras.detached_leased_at = call.leased_at;
  extras.detached_charge += call.reserved;
  --lane.in_flight;
  --call.board.in_flight;
  if (call.limited && lane.limits != nullptr) lane.limits->settle(call.cost, call.cost, now);
  refresh_group(key.group, now);
  leave(lock, key);
}

void Endpoint::observe(const Ticket& ticket, std::span<const LimitNotice> notices) noexcept {
  if (notices.empty()) return;
  const MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  Board& board = *ticket.board;
  const std::size_t number = ticket.key->group;
  const Call call = call_of(ticket);
  LaneLimits& limits = limits_of(board, number, now);
  bool never_allowed = false;
  for (const LimitNotice& notice : notices) {
    limits.observe(notice, call.limited ? call.cost : Cost{.calls = 0}, now);
    never_allowed |= notice.limit == 0u;
  }
  if (limits.known()) become_limited(board, now);
  if (never_allowed) {
    rest_lane(board, number, LaneFault::model_refused, now, std::nullopt);
  } else {
    refresh(board, number, now);
  }
  done(lock);
}

void Endpoint::belongs_to(const Ticket& ticket, std::string_view account) noexcept {
  if (account.empty()) return;
  Lock lock = enter(clock_.recent());
  join_account(*ticket.key, account);
}

void Endpoint::join_account(Key& key, std::string_view account) {
  Group& group = groups_[key.group];
  const bool settled = group.extras->configured || group.extras->account.get() == account;
  if (settled || key.duty == Duty::removed) return;
  const auto known = accounts_.find(account);
  if (known == accounts_.end()) {
    group.extras.edit().account.set(account);
    accounts_.emplace(account, key.group);
  } else if (group.size == 1 && group.extras->account.get().empty()) {
    move_to_group(key, known->second);
  }
}

bool Endpoint::report_success(std::string_view key_name, const Success& success) {
  const MonotonicTime now = clock_.recent();
  const Usage usage{success.input_tokens, success.output_tokens,
                    static_cast<std::uint64_t>(believable(success.latency).count()),
                    success.cost_micro_usd};
  Lock lock = enter(now);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  settle(reported_call(*key), Ending::success, usage, now);
  done(lock);
  return true;
}

bool Endpoint::report_rate_limit(std::string_view key_name,
                                 std::optional<std::chrono::milliseconds> after,
                                 std::optional<Dimension> limit) {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  const Call call = reported_call(*key);
  settle(call, Ending::rate_limit, {}, now);
  throttle(call, after, limit, now);
  done(lock);
  return true;
}

bool Endpoint::report_failure(std::string_view key_name) {
  const MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  settle(reported_call(*key), Ending::failure, {}, now);
  done(lock);
  return true;
}

}  // namespace keypool::pool
