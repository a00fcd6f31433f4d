#include <algorithm>

#include "pool/endpoint.h"
#include "pool/saturate.h"

// What nearly every call does: take the first key in order, and give it back after a success. Only
// the cache lines that have to change are touched; whatever is out of the ordinary goes the careful
// way, which comes to the same end.

namespace keypool::pool {

bool Endpoint::is_plain(const LeaseRequest& request) noexcept {
  return request.avoid.empty() && request.affinity.empty() && request.same_group_as.empty();
}

bool Endpoint::is_for(const Board& board, const LeaseRequest& request) noexcept {
  return request.model.size() == board.model.size() &&
         (request.model.empty() || request.model == board.model);
}

void Endpoint::take(Board& board, std::size_t number, MonotonicTime now,
                    const LeaseRequest& request, Ticket& ticket) noexcept {
  Lane& lane = board.lanes[number];
  Key& key = *lane.only_key;
  ticket.endpoint = this;
  ticket.board = &board;
  ticket.key = &key;
  ticket.leased_at = now;
  if (request.estimated_input_tokens > 0 || request.estimated_output_tokens > 0) [[unlikely]] {
    const Cost cost = estimate(board, key, request);
    ticket.input_tokens = in_32_bits(cost.input);
    ticket.output_tokens = in_32_bits(cost.output);
    ticket.estimated = true;
    ticket.charge = charge(ticket.input_tokens, ticket.output_tokens);
  } else {
    ticket.charge = 1.0 + (key.average_tokens > 0 ? key.average_tokens : unknown_call_tokens_);
  }
  const double weight = decay_.weight(now);
  lane.charged += weight * ticket.charge;
  lane.calls += weight;
  ++lane.in_flight;
  ++board.in_flight;
  ++key.in_flight;
  add_saturated(key.total_requests, 1);
  board.ready.set(number, lane.rank_by_load());
}

bool Endpoint::take_first(const LeaseRequest& request, Ticket& ticket) noexcept {
  const MonotonicTime now = clock_.recent();
  const std::scoped_lock lock(lock_);
  Board& board = *last_board_;
  const std::size_t first = board.ready.first();
  if (first == RankTree::kNone || !board.lanes[first].plain || !board.circuit.calm() ||
      now >= board.exact_from || now >= decay_.rebase_at() || !ordinary_ || !is_plain(request) ||
      !is_for(board, request)) [[unlikely]] {
    return false;
  }
  take(board, first, now, request, ticket);
  return true;
}

void Endpoint::give(const Ticket& ticket, Lane& lane, const Success& success,
                    MonotonicTime now) noexcept {
  Board& board = *ticket.board;
  Key& key = *ticket.key;
  const double used = charge(success.input_tokens, success.output_tokens);
  if (ticket.estimated) {
    board.ratio.learn(
        {.input = double(ticket.input_tokens), .output = double(ticket.output_tokens)},
        {.input = static_cast<double>(success.input_tokens),
         .output = static_cast<double>(success.output_tokens)});
  }
  const double difference =
      used * decay_.weight(now) - ticket.charge * decay_.past_weight(ticket.leased_at);
  lane.charged = std::max(0.0, lane.charged + difference);
  --lane.in_flight;
  --board.in_flight;
  --key.in_flight;
  add_saturated(key.successes, 1);
  add_saturated(key.latency_ms, static_cast<std::uint64_t>(believable(success.latency).count()));
  add_saturated(key.input_tokens, success.input_tokens);
  add_saturated(key.output_tokens, success.output_tokens);
  key.last_success = now;
  key.recompute_average();
  board.ready.set(key.group, lane.rank_by_load());
}

// The answer is made in its final place: copying what was just written costs more than writing it.
std::expected<Lease, LeaseError> Endpoint::lease(const LeaseRequest& request) {
  std::expected<Lease, LeaseError> lease;
  if (!take_first(request, lease->ticket_)) [[unlikely]]
    lease = lease_with_care(request);
  return lease;
}

void Endpoint::succeed(const Ticket& ticket, const Success& success) noexcept {
  const MonotonicTime now = clock_.recent();
  {
    const std::scoped_lock lock(lock_);
    Lane& lane = ticket.board->lanes[ticket.key->group];
    if (lane.plain && ordinary_ && queue_ == nullptr && now < decay_.rebase_at() &&
        ticket.board->circuit.calm() && !ticket.limited) [[likely]] {
      give(ticket, lane, success, now);
      return;
    }
  }
  succeed_with_care(ticket, success);
}

}  // namespace keypool::pool
