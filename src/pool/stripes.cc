#include <algorithm>
#include <atomic>
#include <thread>

#include "pool/endpoint.h"

namespace keypool::pool {
namespace {

/// Leases that a claim is good for, and the time within which they are taken where claims pay.
constexpr std::uint32_t kClaimedLeases = 32;
constexpr std::chrono::milliseconds kClaimTime{10};

constexpr std::size_t kMostStripes = 16;

}  // namespace

unsigned Endpoint::thread_number() noexcept {
  static std::atomic<unsigned> threads{0};
  thread_local const unsigned number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

// At least one lane stays unclaimed, so that whoever comes finds one.
void Endpoint::begin_stripes() noexcept {
  contention_ = 0;
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t count = std::min({cores, groups_.size() - 1, kMostStripes});
  if (count < 2 || queue_ != nullptr) return;
  if (stripes_.empty()) {
    stripes_.reserve(kMostStripes);
    for (std::size_t number = 0; number < kMostStripes; ++number) {
      stripes_.push_back(std::make_unique<Stripe>(decay_));
    }
  }
  stripe_count_ = count;
  striped_.store(true, std::memory_order_release);
}

// Every claim ends; the lock is held.
void Endpoint::end_stripes() noexcept {
  for (const auto& stripe : stripes_) {
    const std::scoped_lock lock(stripe->lock);
    put_back(*stripe);
  }
  contention_ = 0;
  striped_.store(false, std::memory_order_release);
}

void Endpoint::put_back(Stripe& stripe) noexcept {
  if (stripe.key == nullptr) return;
  Board& board = *stripe.board;
  board.in_flight += static_cast<std::uint32_t>(stripe.in_flight);
  board.ready.set(stripe.lane, board.lanes[stripe.lane].rank_by_load(board.told_apart));
  stripe.key->set_claimed_by(0);
  stripe.in_flight = 0;
  stripe.key = nullptr;
}

// Ends the claim before and begins the next. False, with all claims ended, when they do not pay any
// more: the last one was not used up in time, or another thread's lies idle.
bool Endpoint::claim(Stripe& stripe, std::size_t number, const LeaseRequest& request,
                     MonotonicTime now) noexcept {
  const std::scoped_lock lock(lock_);
  if (!striped_.load(std::memory_order_relaxed)) return false;
  Board& board = *last_board_;
  bool pays = ordinary_ && is_for(board, request) && board.circuit.calm() &&
              now < board.exact_from && now < decay_.rebase_at();
  for (const auto& one : stripes_) {
    pays &=
        one->key == nullptr || one->left.load(std::memory_order_relaxed) == 0 || now < one->until;
  }
  if (pays) {
    const std::scoped_lock stripe_lock(stripe.lock);
    put_back(stripe);
    const std::size_t first = board.ready.first();
    if (first != RankTree::kNone && board.lanes[first].plain) {
      stripe.board = &board;
      stripe.lane = static_cast<std::uint32_t>(first);
      stripe.left.store(kClaimedLeases, std::memory_order_relaxed);
      stripe.key = board.lanes[first].only_key;
      stripe.until = now + kClaimTime;
      stripe.decay = decay_;
      stripe.key->set_claimed_by(static_cast<std::uint8_t>(number));
      board.ready.set(first, RankTree::kOut);
      return true;
    }
  }
  end_stripes();
  return false;
}

}  // namespace keypool::pool
