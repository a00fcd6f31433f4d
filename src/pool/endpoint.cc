#include "pool/endpoint.h"

#include <algorithm>
#include <array>

#include "pool/saturate.h"

namespace keypool::pool {
namespace {

/// How far Clock::recent may lag.
constexpr std::chrono::milliseconds kClockLag{10};

/// More models than this share the board of calls that name none.
constexpr std::size_t kMostBoards = 1000;
constexpr std::size_t kMostLanes = 4'000'000;

/// When to ask again while calls in flight decide whether a lane is open.
constexpr std::chrono::milliseconds kProbeTime{250};

/// How many places are looked at for a key that is not to be avoided.
constexpr std::size_t kMostLooks = 64;

bool contains(std::span<const KeyId> ids, KeyId id) noexcept {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Endpoint::Endpoint(std::string name, const Options& options, const Clock& clock)
    : name_(std::move(name)),
      clock_(clock),
      cooldown_(believable(options.cooldown)),
      unknown_call_tokens_(std::min(options.unknown_call_tokens, kMostTokens)),
      warn_(options.warn),
      decay_(std::max(options.load_window, std::chrono::milliseconds(1)), clock.now()),
      random_(static_cast<std::minstd_rand::result_type>(options.seed)) {}

std::expected<Lease, LeaseError> Endpoint::lease(const LeaseRequest& request) {
  MonotonicTime now = clock_.recent();
  Lock lock(lock_);
  Board& board = board_for(request.model);
  if (now + kClockLag >= board.next_opening) {
    now = clock_.now();
    open_due(board, now);
  }
  if (now >= decay_.rebase_at()) rebase(now);

  const Choice choice = choose(board, request);
  if (choice.key != nullptr) return issue(board, choice, now, request);
  if (request.when_none_ready == WhenNoneReady::refuse) return std::unexpected(why_none(board));

  const Choice resting = choose_out_of_turn(board);
  if (resting.key == nullptr) return std::unexpected(why_none(board));
  const MonotonicTime ready = ready_at(board, resting.lane);
  Lease lease = issue(board, resting, now, request);
  if (warn_ != nullptr) {
    const std::string warning = out_of_turn_warning(resting, ready);
    lock.unlock();
    warn_(warning);
  }
  return lease;
}

Board& Endpoint::board_for(std::string_view model) {
  if (model == last_board_->model) return *last_board_;
  if (model.empty()) return *(last_board_ = &plain_);
  const auto known = by_model_.find(model);
  if (known != by_model_.end()) return *(last_board_ = known->second.get());
  return *(last_board_ = &new_board(model));
}

Board& Endpoint::new_board(std::string_view model) {
  if (by_model_.size() >= kMostBoards || by_model_.size() * groups_.size() >= kMostLanes) {
    return plain_;
  }
  Board& board = *by_model_.emplace(std::string(model), std::make_unique<Board>()).first->second;
  board.model = model;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    board.grow();
    board.lanes[group].only_key = groups_[group].only_key();
    refresh(board, group);
  }
  return board;
}

Endpoint::Choice Endpoint::choose(Board& board, const LeaseRequest& request) {
  const std::size_t lane = board.ready.first();
  if (lane == RankTree::kNone) return {};
  Key* key = board.lanes[lane].only_key;
  if (key != nullptr && request.avoid.empty()) [[likely]]
    return {lane, key};
  const Choice careful = choose_carefully(board, request.avoid);
  return careful.key != nullptr ? careful : choose_carefully(board, {});
}

// Takes lanes whose keys are all to be avoided out of the order, one after the other, until one is
// left in front that has another key; then puts them back.
Endpoint::Choice Endpoint::choose_carefully(Board& board, std::span<const KeyId> avoid) {
  struct PutBack {
    std::size_t lane;
    RankTree::Rank rank;
  };
  std::array<PutBack, kMostLooks> passed;
  std::size_t looks = 0;
  Choice choice;
  while (looks < passed.size()) {
    choice.lane = board.ready.first();
    if (choice.lane == RankTree::kNone) break;
    choice.key = next_key(choice.lane, avoid);
    if (choice.key != nullptr) break;
    passed[looks++] = {choice.lane, board.ready.rank(choice.lane)};
    board.ready.set(choice.lane, RankTree::kOut);
  }
  for (std::size_t i = 0; i < looks; ++i) board.ready.set(passed[i].lane, passed[i].rank);
  return choice;
}

// A lane that is still proving itself comes before one that rests, a short rest before a long one.
Endpoint::Choice Endpoint::choose_out_of_turn(Board& board) {
  std::size_t chosen = RankTree::kNone;
  for (std::size_t lane = 0; board.ramping > 0 && lane < board.lanes.size(); ++lane) {
    const Lane& one = board.lanes[lane];
    if (one.ramp == 0 || next_key(lane, {}) == nullptr) continue;
    if (chosen == RankTree::kNone || one.charged < board.lanes[chosen].charged) chosen = lane;
  }
  if (chosen == RankTree::kNone) chosen = board.resting.first();
  if (chosen == RankTree::kNone) return {};
  if (Key* ready = next_key(chosen, {})) return {chosen, ready};
  Key* soonest = groups_[chosen].first;
  for (Key* key = soonest; key != nullptr; key = key->next_in_group) {
    if (key->ready_at() < soonest->ready_at()) soonest = key;
  }
  return {chosen, soonest};
}

Key* Endpoint::next_key(std::size_t number, std::span<const KeyId> avoid) {
  Group& group = groups_[number];
  Key* key = group.cursor;
  for (std::uint32_t looked = 0; looked < group.size; ++looked) {
    if (key == nullptr) key = group.first;
    if (key->ready_at() == kLongAgo && !contains(avoid, key->id)) {
      group.cursor = key->next_in_group;
      return key;
    }
    key = key->next_in_group;
  }
  return nullptr;
}

Lease Endpoint::issue(Board& board, const Choice& choice, MonotonicTime now,
                      const LeaseRequest& request) {
  Lane& lane = board.lanes[choice.lane];
  Key& key = *choice.key;
  std::uint32_t input = in_32_bits(request.estimated_input_tokens);
  std::uint32_t output = in_32_bits(request.estimated_output_tokens);
  if (input == 0 && output == 0) {
    output =
        key.average_tokens > 0 ? in_32_bits(key.average_tokens) : in_32_bits(unknown_call_tokens_);
  }
  const double weight = decay_.weight(now);
  lane.charged += weight * charge(input, output);
  ++lane.in_flight;
  ++key.in_flight;
  add_saturated(key.total_requests, 1);
  if (lane.fault == LaneFault::none && !key.watched) [[likely]] {
    board.ready.set(choice.lane, rank(lane));
  } else {
    refresh_group(choice.lane);
  }
  return Lease(Ticket{.endpoint = this,
                      .board = &board,
                      .key = &key,
                      .input_tokens = input,
                      .output_tokens = output,
                      .leased_at = now});
}

LeaseError Endpoint::why_none(const Board& board) const {
  LeaseError error{.kind = LeaseErrorKind::all_cooling,
                   .endpoint = name_,
                   .tried = {},
                   .retry_after = std::nullopt};
  if (by_name_.empty()) {
    error.kind = LeaseErrorKind::no_keys;
    error.tried = missing_;
  } else if (board.next_opening != kNever) {
    const auto left = std::max(board.next_opening - clock_.now(), std::chrono::nanoseconds(0));
    error.retry_after = std::chrono::ceil<std::chrono::milliseconds>(left);
  } else if (board.ramping > 0) {
    error.retry_after = kProbeTime;
  }
  return error;
}

std::string Endpoint::out_of_turn_warning(const Choice& choice, MonotonicTime ready) const {
  std::string text = "all keys of " + name_ + " are cooling; using " + choice.key->name;
  if (ready != kNever) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(ready - clock_.now());
    text += ", which is ready in " + std::to_string(std::max<std::int64_t>(left.count(), 0)) + " s";
  }
  return text;
}

}  // namespace keypool::pool
