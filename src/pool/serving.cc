#include <algorithm>

#include "pool/endpoint.h"

namespace keypool::pool {

// A call that finds others waiting in its line goes behind those that came before it.
Waiting Endpoint::lease_when_ready(const WaitRequest& wait, OnLease on_lease) {
  const LeaseRequest& request = wait.lease;
  MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  Board& board = board_for(request.model);
  bring_up_to_date(board, now);
  if (queue_ == nullptr) queue_ = std::make_shared<Queue>();
  may_wait_ = true;
  std::unique_lock queue_lock(queue_->mutex);
  const Queue::Call* const head = queue_->front({board.number, std::string(request.same_group_as)});
  const bool first = head == nullptr || (wait.arrived && *wait.arrived < head->arrived);
  MonotonicTime opens_at = kNever;
  if (first && lets_through(board, now)) {
    const Choice choice = choose(board, request, now);
    if (choice.key != nullptr) {
      Lease lease = issue(board, choice, now, request);
      queue_lock.unlock();
      lock.unlock();
      on_lease(std::move(lease));
      return {};
    }
    opens_at = choice.opens_at;
  }
  const bool full = queue_->size() >= max_waiting_ ||
                    wait.bytes > max_waiting_bytes_ - std::min(max_waiting_bytes_, queue_->bytes());
  if (full || hopeless(board, opens_at, wait.deadline)) {
    LeaseError error = why_none(board, opens_at);
    queue_lock.unlock();
    lock.unlock();
    on_lease(std::unexpected(std::move(error)));
    return {};
  }
  Waiting waiting = queue_->add({board, wait, now, std::move(on_lease)});
  queue_lock.unlock();
  lock.unlock();
  serve();
  return waiting;
}

// Whether nothing that is known now can make room before the deadline. Calls in flight may always,
// whatever their model: a key that takes a number of calls at a time counts them all.
bool Endpoint::hopeless(const Board& board, MonotonicTime opens_at, MonotonicTime deadline) const {
  if (by_name_.empty() || deadline <= clock_.now()) return true;
  bool calls_run = queue_->size() > 0;
  for_each_board([&calls_run](const Board& any) { calls_run |= any.in_flight > 0; });
  if (calls_run) return false;
  if (!lets_through(board, clock_.now())) {
    return std::max(board.circuit.until(), circuit_.until()) > deadline;
  }
  const MonotonicTime opening = std::min(opens_at, board.next_opening);
  return opening == kNever || opening > deadline;
}

// Only one thread at a time hands out; the others leave it a note. Callbacks run without any lock,
// and may lease, end leases or wait again.
void Endpoint::serve() noexcept {
  Lock lock = enter(clock_.recent());
  if (closed_ || queue_ == nullptr) return;
  if (serving_) {
    serve_again_ = true;
    return;
  }
  serving_ = true;
  MonotonicTime due;
  do {
    serve_again_ = false;
    serve_late(lock);
    std::vector<Queue::LineId> lines;
    {
      const std::scoped_lock queue_lock(queue_->mutex);
      lines = queue_->lines();
      due = queue_->first_deadline();
    }
    for (const Queue::LineId& line : lines) due = std::min(due, serve_line(lock, line));
  } while (serve_again_ && !closed_);
  serving_ = false;
  if (closed_) {
    let_go(lock);
    return;
  }
  lock.unlock();
  schedule_->set(*this, due);
}

// Returns when the line's first call may be served, as far as time alone decides.
MonotonicTime Endpoint::serve_line(Lock& lock, const Queue::LineId& line) {
  while (!closed_) {
    MonotonicTime now = clock_.now();
    std::unique_lock queue_lock(queue_->mutex);
    const Queue::Call* first = queue_->front(line);
    if (first == nullptr) return kNever;
    Board& board = *first->board;
    bring_up_to_date(board, now);
    if (!lets_through(board, now)) {
      const MonotonicTime until = std::max(board.circuit.until(), circuit_.until());
      return until > now ? until : kNever;
    }
    const LeaseRequest request = first->request();
    const Choice choice = choose(board, request, now);
    if (choice.key == nullptr) {
      const MonotonicTime opening = std::min(choice.opens_at, board.next_opening);
      return opening > now ? opening : now + std::chrono::milliseconds(1);
    }
    Lease lease = issue(board, choice, now, request);
    OnLease on_lease = queue_->take_front(line).on_lease;
    queue_lock.unlock();
    lock.unlock();
    on_lease(std::move(lease));
    on_lease = nullptr;  // what it holds may end leases of its own
    lock.lock();
  }
  return kNever;
}

void Endpoint::serve_late(Lock& lock) {
  while (!closed_) {
    std::unique_lock queue_lock(queue_->mutex);
    std::optional<Queue::Call> late = queue_->take_late(clock_.now());
    queue_lock.unlock();
    if (!late) return;
    LeaseError error = why_none(*late->board, kNever);
    lock.unlock();
    late->on_lease(std::unexpected(std::move(error)));
    late.reset();
    lock.lock();
  }
}

}  // namespace keypool::pool
