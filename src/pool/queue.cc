#include "pool/queue.h"

namespace keypool {

Waiting& Waiting::operator=(Waiting&& other) noexcept {
  if (this != &other) {
    cancel();
    queue_ = std::move(other.queue_);
    place_ = std::exchange(other.place_, 0);
  }
  return *this;
}

bool Waiting::cancel() noexcept {
  const auto queue = std::exchange(queue_, {}).lock();
  return queue != nullptr && queue->cancel(place_);
}

}  // namespace keypool

namespace keypool::pool {

Queue::Call::Call(Board& on_board, const WaitRequest& wait, MonotonicTime now, OnLease callback)
    : board(&on_board),
      client(wait.client),
      same_group_as(wait.lease.same_group_as),
      avoid(wait.lease.avoid.begin(), wait.lease.avoid.end()),
      affinity(wait.lease.affinity.begin(), wait.lease.affinity.end()),
      input_tokens(wait.lease.estimated_input_tokens),
      output_tokens(wait.lease.estimated_output_tokens),
      bytes(wait.bytes),
      arrived(wait.arrived.value_or(now)),
      deadline(wait.deadline),
      on_lease(std::move(callback)) {}

LeaseRequest Queue::Call::request() const {
  return {.model = board->model,
          .estimated_input_tokens = input_tokens,
          .estimated_output_tokens = output_tokens,
          .when_none_ready = WhenNoneReady::refuse,
          .avoid = avoid,
          .affinity = affinity,
          .same_group_as = same_group_as};
}

Waiting Queue::add(Call call) {
  const std::uint64_t place = ++last_place_;
  Line& line = lines_[call.line()];
  drop_empty_fronts(line);
  const bool first =
      !line.turns.empty() && came_after(line.turns.front().places.front(), call.arrived);
  auto turn = line.by_client.find(call.client);
  if (turn == line.by_client.end()) {
    line.turns.push_back({call.client, {}});
    turn = line.by_client.emplace(call.client, std::prev(line.turns.end())).first;
  }
  std::deque<std::uint64_t>& places = turn->second->places;
  auto before = places.end();
  while (before != places.begin() && came_after(*std::prev(before), call.arrived)) --before;
  places.insert(before, place);
  if (first) line.turns.splice(line.turns.begin(), line.turns, turn->second);
  deadlines_.emplace(call.deadline, place);
  bytes_ += call.bytes;
  calls_.emplace(place, std::move(call));
  size_.store(calls_.size(), std::memory_order_relaxed);

  Waiting waiting;
  waiting.queue_ = weak_from_this();
  waiting.place_ = place;
  return waiting;
}

// A call that has left its place stands nowhere.
bool Queue::came_after(std::uint64_t place, MonotonicTime arrived) const {
  const auto call = calls_.find(place);
  return call != calls_.end() && call->second.arrived > arrived;
}

std::vector<Queue::LineId> Queue::lines() const {
  std::vector<LineId> ids;
  for (const auto& [id, line] : lines_) ids.push_back(id);
  return ids;
}

// Places that were cancelled or timed out are still in their lines; they go when they come to the
// front, and lines and clients without places go with them.
void Queue::drop_empty_fronts(Line& line) {
  while (!line.turns.empty()) {
    ClientLine& first = line.turns.front();
    while (!first.places.empty() && !calls_.contains(first.places.front())) {
      first.places.pop_front();
    }
    if (!first.places.empty()) return;
    line.by_client.erase(first.client);
    line.turns.pop_front();
  }
}

Queue::Call* Queue::front(const LineId& id) {
  const auto line = lines_.find(id);
  if (line == lines_.end()) return nullptr;
  drop_empty_fronts(line->second);
  if (line->second.turns.empty()) {
    lines_.erase(line);
    return nullptr;
  }
  return &calls_.at(line->second.turns.front().places.front());
}

Queue::Call Queue::take_front(const LineId& id) {
  Line& line = lines_.at(id);
  ClientLine& first = line.turns.front();
  Call call = leave(first.places.front());
  first.places.pop_front();
  line.turns.splice(line.turns.end(), line.turns, line.turns.begin());
  drop_empty_fronts(line);
  if (line.turns.empty()) lines_.erase(id);
  return call;
}

Queue::Call Queue::leave(std::uint64_t place) {
  const auto found = calls_.find(place);
  Call call = std::move(found->second);
  calls_.erase(found);
  deadlines_.erase({call.deadline, place});
  bytes_ -= call.bytes;
  size_.store(calls_.size(), std::memory_order_relaxed);
  return call;
}

std::optional<Queue::Call> Queue::take_late(MonotonicTime now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  return leave(deadlines_.begin()->second);
}

std::optional<Queue::Call> Queue::take_any() {
  if (calls_.empty()) return std::nullopt;
  return leave(calls_.begin()->first);
}

MonotonicTime Queue::first_deadline() const {
  return deadlines_.empty() ? kNever : deadlines_.begin()->first;
}

bool Queue::cancel(std::uint64_t place) noexcept {
  std::optional<Call> cancelled;  // its callback ends outside of the lock
  const std::scoped_lock lock(mutex);
  if (!calls_.contains(place)) return false;
  cancelled.emplace(leave(place));
  return true;
}

}  // namespace keypool::pool
