#include <algorithm>

#include "pool/endpoint.h"
#include "pool/saturate.h"

// What nearly every call does: take the first key in order, and give it back after a success. Only
// the cache lines that have to change are touched; whatever is out of the ordinary goes the careful
// way, which comes to the same end.

namespace keypool::pool {

// A key that has reported no tokens yet is taken to use what an unknown call does.
void Endpoint::expect(Lane& lane) noexcept {
  const double tokens = lane.only_key->average_tokens;
  lane.next_charge = (1.0 + (tokens > 0 ? tokens : unknown_call_tokens_)) * lane.inverse_weight;
}

void Endpoint::take(Lane& lane, Decay& decay, const Board& board, MonotonicTime now,
                    const LeaseRequest& request, Ticket& ticket) noexcept {
  Key& key = *lane.only_key;
  __builtin_prefetch(&key.secret);
  ticket.endpoint = this;
  ticket.key = &key;
  ticket.leased_at = now;
  if (request.estimated_input_tokens > 0 || request.estimated_output_tokens > 0) [[unlikely]] {
    const Cost cost = estimate(board, key, request);
    ticket.input_tokens = in_32_bits(cost.input);
    ticket.output_tokens = in_32_bits(cost.output);
    ticket.asked_input = in_32_bits(request.estimated_input_tokens);
    ticket.asked_output = in_32_bits(request.estimated_output_tokens);
    ticket.estimated = true;
    ticket.charge = lane.charge_of(ticket.input_tokens, ticket.output_tokens);
  } else {
    ticket.charge = lane.next_charge;
  }
  const double weight = decay.weight(now);
  lane.charged += weight * ticket.charge;
  lane.calls += weight;
  ++lane.in_flight;
  ++key.in_flight;
  ++key.total_requests;
}

// No sum can run over: what is large enough for that goes the careful way.
void Endpoint::give(const Ticket& ticket, Lane& lane, Decay& decay, const Success& success,
                    MonotonicTime now) noexcept {
  Key& key = *ticket.key;
  const auto tokens = static_cast<std::int64_t>(success.input_tokens + success.output_tokens + 1);
  const double used = static_cast<double>(tokens) * lane.inverse_weight;
  const double difference =
      used * decay.weight(now) - ticket.charge * decay.past_weight(ticket.leased_at);
  lane.charged = std::max(0.0, lane.charged + difference);
  --lane.in_flight;
  --key.in_flight;
  ++key.successes;
  key.latency_ms += static_cast<std::uint64_t>(success.latency.count());
  key.input_tokens += success.input_tokens;
  key.output_tokens += success.output_tokens;
  key.last_success = now;
  key.recompute_average();
  expect(lane);
}

bool Endpoint::is_modest(const Success& success) noexcept {
  constexpr int kBits = 30;
  const auto latency = static_cast<std::uint64_t>(success.latency.count());
  return (latency | success.input_tokens | success.output_tokens) >> kBits == 0;
}

bool Endpoint::take_from_stripe(const LeaseRequest& request, MonotonicTime now,
                                Ticket& ticket) noexcept {
  if (!is_plain(request) || request.estimated_input_tokens > 0 ||
      request.estimated_output_tokens > 0) {
    return false;
  }
  const unsigned number = thread_number();
  for (;;) {
    const std::size_t count = stripe_count_.load(std::memory_order_relaxed);
    Stripe& stripe = *stripes_[number % count];
    {
      const std::scoped_lock lock(stripe.lock);
      const std::uint32_t left = stripe.left.load(std::memory_order_relaxed);
      if (stripe.key != nullptr && left > 0 && now < stripe.until &&
          now < stripe.decay.rebase_at() && is_for(*stripe.board, request)) [[likely]] {
        stripe.left.store(left - 1, std::memory_order_relaxed);
        ++stripe.in_flight;
        ticket.board = stripe.board;
        take(stripe.board->lanes[stripe.lane], stripe.decay, *stripe.board, now, request, ticket);
        return true;
      }
    }
    if (!claim(stripe, number % count + 1, request, now)) return false;
  }
}

// The time is asked for under the lock, where a processor finds it out beside the rest.
bool Endpoint::take_first(const LeaseRequest& request, Ticket& ticket) noexcept {
  note_contention(lock_.lock_contended());
  const std::scoped_lock lock(std::adopt_lock, lock_);
  const MonotonicTime now = clock_.recent();
  Board& board = *last_board_;
  const std::size_t first = board.ready.first();
  if (first == RankTree::kNone || !board.lanes[first].plain || !is_ordinary(board, now) ||
      now >= board.exact_from || !is_plain(request) || !is_for(board, request)) [[unlikely]] {
    return false;
  }
  Lane& lane = board.lanes[first];
  ticket.board = &board;
  take(lane, decay_, board, now, request, ticket);
  ++board.in_flight;
  board.ready.set(first, lane.rank_by_load(board.told_apart));
  if (contention_ > kContended) [[unlikely]]
    begin_stripes();
  return true;
}

// The answer is made in its final place: copying what was just written costs more than writing it.
std::expected<Lease, LeaseError> Endpoint::lease(const LeaseRequest& request) {
  std::expected<Lease, LeaseError> lease;
  const bool taken = striped_.load(std::memory_order_acquire) &&
                     take_from_stripe(request, clock_.recent(), lease->ticket_);
  if (!taken && !take_first(request, lease->ticket_)) [[unlikely]]
    lease_with_care(request, lease);
  return lease;
}

// Not inlined: what it needs of the stack would burden every lease.
[[gnu::noinline]] void Endpoint::lease_with_care(const LeaseRequest& request,
                                                 std::expected<Lease, LeaseError>& lease) {
  lease = lease_with_care(request);
}

void Endpoint::succeed(const Ticket& ticket, const Success& success) noexcept {
  const bool given =
      is_modest(success) && ((ticket.key->claimed_by() != 0 && give_to_stripe(ticket, success)) ||
                             give_plainly(ticket, success));
  if (!given) [[unlikely]]
    succeed_with_care(ticket, success);
}

bool Endpoint::give_plainly(const Ticket& ticket, const Success& success) noexcept {
  note_contention(lock_.lock_contended());
  const std::scoped_lock lock(std::adopt_lock, lock_);
  const MonotonicTime now = clock_.recent();
  Board& board = *ticket.board;
  Key& key = *ticket.key;
  Lane& lane = board.lanes[key.group];
  if (key.claimed_by() != 0 || !lane.plain || !is_ordinary(board, now) || may_wait_ ||
      ticket.limited) [[unlikely]] {
    return false;
  }
  if (ticket.estimated) [[unlikely]] {
    board.estimates.learn(ticket.asked_input, ticket.asked_output, success.input_tokens,
                          success.output_tokens);
  }
  give(ticket, lane, decay_, success, now);
  --board.in_flight;
  board.ready.set(key.group, lane.rank_by_load(board.told_apart));
  return true;
}

// The key may change hands until its stripe's lock is held.
bool Endpoint::give_to_stripe(const Ticket& ticket, const Success& success) noexcept {
  const MonotonicTime now = clock_.recent();
  for (;;) {
    const std::uint8_t number = ticket.key->claimed_by();
    if (number == 0 || ticket.estimated) return false;
    Stripe& stripe = *stripes_[number - 1];
    const std::scoped_lock lock(stripe.lock);
    if (stripe.key != ticket.key) continue;
    if (now >= stripe.decay.rebase_at()) return false;
    give(ticket, stripe.board->lanes[stripe.lane], stripe.decay, success, now);
    --stripe.in_flight;
    return true;
  }
}

}  // namespace keypool::pool
