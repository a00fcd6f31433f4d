#include <algorithm>
#include <array>

#include "pool/endpoint.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// More models than this share the board of calls that name none.
constexpr std::size_t kMostBoards = 1000;
constexpr std::size_t kMostLanes = 4'000'000;

/// When to ask again while calls in flight decide whether a lane is open.
constexpr milliseconds kProbeTime{250};

/// How many places are looked at for a key that fits a call.
constexpr std::size_t kMostLooks = 64;

bool contains(std::span<const KeyId> ids, KeyId id) noexcept {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Takes places out of an order, one after the other, and puts them back in the end.
class Passed {
 public:
  explicit Passed(RankTree& order) : order_(order) {}
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;
  ~Passed() {
    for (std::size_t i = 0; i < count_; ++i) order_.set(places_[i].place, places_[i].rank);
  }

  [[nodiscard]] bool enough() const noexcept { return count_ == kMostLooks; }
  void take_out(std::size_t place) noexcept {
    places_[count_++] = {place, order_.rank(place)};
    order_.set(place, RankTree::kOut);
  }

 private:
  struct Place {
    std::size_t place;
    RankTree::Rank rank;
  };

  RankTree& order_;
  std::array<Place, kMostLooks> places_;
  std::size_t count_ = 0;
};

}  // namespace

Endpoint::Endpoint(std::string name, std::uint32_t number, const Options& options,
                   const Clock& clock, std::shared_ptr<Schedule> schedule)
    : name_(std::move(name)),
      number_(number),
      unknown_call_tokens_(static_cast<double>(std::min(options.unknown_call_tokens, kMostTokens))),
      default_cooldown_(believable(options.cooldown)),
      warn_(options.warn),
      schedule_(std::move(schedule)),
      clock_(clock),
      decay_(std::max(options.load_window, milliseconds(1)), clock.now()),
      random_(static_cast<std::minstd_rand::result_type>(options.seed + number)) {
  configure({});
}

std::expected<Lease, LeaseError> Endpoint::lease_with_care(const LeaseRequest& request) {
  MonotonicTime now = clock_.recent();
  Lock lock = enter(now);
  Board& board = board_for(request.model);
  bring_up_to_date(board, now);
  if (!lets_through(board, now)) return std::unexpected(why_none(board, kNever));

  const Choice choice = choose(board, request, now);
  if (choice.key != nullptr) return issue(board, choice, now, request);
  if (request.when_none_ready == WhenNoneReady::refuse) {
    return std::unexpected(why_none(board, choice.opens_at));
  }

  const Choice resting = choose_out_of_turn(board, request);
  if (resting.key == nullptr) return std::unexpected(why_none(board, choice.opens_at));
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
  if (known != by_model_.end()) return *(last_board_ = known->second);
  return *(last_board_ = &new_board(model));
}

Board& Endpoint::new_board(std::string_view model) {
  if (boards_.size() >= kMostBoards || boards_.size() * groups_.size() >= kMostLanes) {
    return plain_;
  }
  Board& board = *boards_.emplace_back(std::make_unique<Board>());
  board.model = model;
  board.number = static_cast<std::uint32_t>(boards_.size());
  by_model_.emplace(board.model, &board);
  const MonotonicTime now = clock_.now();
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    board.grow();
    set_up_lane(board, group, now);
  }
  return board;
}

// A recent time will do for most calls; only where something opens about now the exact one decides.
void Endpoint::bring_up_to_date(Board& board, MonotonicTime& now) {
  if (now >= board.exact_from) {
    now = clock_.now();
    open_due(board, now);
  }
}

bool Endpoint::lets_through(const Board& board, MonotonicTime now) const noexcept {
  if (board.circuit.calm() && circuit_.calm()) [[likely]]
    return true;
  return board.circuit.lets_through(now) && circuit_.lets_through(now);
}

// A key that has left binds nobody: its provider shall say what became of what it made.
Key* Endpoint::owner(const LeaseRequest& request) const {
  return request.same_group_as.empty() ? nullptr : find(request.same_group_as);
}

Endpoint::Choice Endpoint::choose(Board& board, const LeaseRequest& request, MonotonicTime now) {
  if (!wanted_.empty()) {
    if (Key* const key = wanted_key(board, request, now)) return {.lane = key->group, .key = key};
  }
  if (const Key* const key = owner(request)) {
    Choice bound{.lane = key->group};
    if (!fits(board, request, {}, now, bound)) {
      static_cast<void>(may_probe(board, request, now, bound));
    }
    return bound;
  }
  if (!request.affinity.empty()) {
    const std::uint32_t lane = board.affinity.find(request.affinity);
    Choice same{.lane = lane};
    if (lane < board.lanes.size() && worth_staying(board, lane) &&
        fits(board, request, request.avoid, now, same)) {
      return same;
    }
  }
  Choice choice = choose_in_order(board, request, request.avoid, now);
  if (choice.key == nullptr && !request.avoid.empty()) {
    choice = choose_in_order(board, request, {}, now);
  }
  if (choice.key != nullptr || !board.limited) return choice;
  if (choice.too_small != RankTree::kNone && !could_ever_fit(board, request)) {
    // The provider shall say so.
    choice.lane = choice.too_small;
    choice.key = next_key(choice.lane, {});
    return choice;
  }
  return choose_probe(board, request, now, choice);
}

// A key that an operator wants to be tried and this call may use.
Key* Endpoint::wanted_key(const Board& board, const LeaseRequest& request,
                          MonotonicTime now) const {
  const Key* const bound = owner(request);
  for (Key* const key : wanted_) {
    if (bound != nullptr && bound->group != key->group) continue;
    if (contains(request.avoid, key->id) || key->ready_at() > now) continue;
    if (free_at(board, key->group) <= now) return key;
  }
  return nullptr;
}

Endpoint::Choice Endpoint::choose_in_order(Board& board, const LeaseRequest& request,
                                           std::span<const KeyId> avoid, MonotonicTime now) {
  Passed passed(board.ready);
  Choice choice;
  while (!passed.enough()) {
    choice.lane = board.ready.first();
    if (choice.lane == RankTree::kNone || fits(board, request, avoid, now, choice)) break;
    passed.take_out(choice.lane);
  }
  return choice;
}

// No lane has room. Where that is so by a guess alone, one call at a time tests it.
Endpoint::Choice Endpoint::choose_probe(Board& board, const LeaseRequest& request,
                                        MonotonicTime now, Choice choice) {
  Passed passed(board.probes);
  while (!passed.enough()) {
    choice.lane = board.probes.first();
    if (choice.lane == RankTree::kNone) break;
    const MonotonicTime due{nanoseconds{static_cast<std::int64_t>(board.probes.rank(choice.lane))}};
    if (due > now) {
      choice.opens_at = std::min(choice.opens_at, due);
      break;
    }
    if (may_probe(board, request, now, choice)) break;
    passed.take_out(choice.lane);
  }
  return choice;
}

// Whether the chosen lane is closed by nothing but a learned limit, and it is time to test it.
bool Endpoint::may_probe(Board& board, const LeaseRequest& request, MonotonicTime now,
                         Choice& choice) {
  if (!board.limited || board.lanes[choice.lane].limits == nullptr) return false;
  LaneLimits& limits = *board.lanes[choice.lane].limits;
  static_cast<void>(limits.end_silent_probe(now));
  refresh(board, choice.lane, now);
  if (fits(board, request, {}, now, choice)) return true;
  if (free_at(board, choice.lane) > now || limits.probe_at() > now) return false;
  Key* const key = next_key(choice.lane, {});
  if (key == nullptr || limits.open_at(estimate(board, *key, request)) == kNever) return false;
  choice.key = key;
  choice.probe = true;
  return true;
}

// Whether a key of the chosen lane may take the call now; sets the key, or when there is room.
bool Endpoint::fits(Board& board, const LeaseRequest& request, std::span<const KeyId> avoid,
                    MonotonicTime now, Choice& choice) {
  choice.key = nullptr;
  if (board.ready.rank(choice.lane) == RankTree::kOut) return false;
  Key* key = next_key(choice.lane, avoid);
  if (key == nullptr) return false;
  const Lane& lane = board.lanes[choice.lane];
  if (lane.limits != nullptr && lane.limits->known()) {
    const MonotonicTime open = lane.limits->open_at(estimate(board, *key, request));
    if (open > now) {
      choice.opens_at = std::min(choice.opens_at, open);
      if (open == kNever && choice.too_small == RankTree::kNone) choice.too_small = choice.lane;
      return false;
    }
  }
  if (lane.only_key == nullptr) groups_[choice.lane].extras.edit().cursor = key->next_in_group;
  choice.key = key;
  return true;
}

bool Endpoint::could_ever_fit(const Board& board, const LeaseRequest& request) const {
  for (std::size_t number = 0; number < board.lanes.size(); ++number) {
    const Key* key = groups_[number].first;
    if (key == nullptr) continue;
    const LaneLimits* limits = board.lanes[number].limits.get();
    if (limits == nullptr || limits->open_at(estimate(board, *key, request)) != kNever) return true;
  }
  return false;
}

// Calls stay together as long as their lane is not far busier than the one that is next in order.
// Where limits are known, the room that is left is the only bound.
bool Endpoint::worth_staying(const Board& board, std::size_t number) const {
  const Lane& lane = board.lanes[number];
  if (lane.limits != nullptr && lane.limits->known()) return true;
  const std::size_t first = board.ready.first();
  if (first == RankTree::kNone) return false;
  constexpr std::uint32_t kMoreInFlight = 8;
  const Lane& next = board.lanes[first];
  return lane.in_flight <= 2 * next.in_flight + kMoreInFlight;
}

// A lane that is still proving itself comes before one that rests, a short rest before a long one.
Endpoint::Choice Endpoint::choose_out_of_turn(Board& board, const LeaseRequest& request) {
  Choice chosen;
  if (const Key* const key = owner(request)) chosen.lane = key->group;
  const bool bound = chosen.lane != RankTree::kNone;
  for (std::size_t lane = 0; !bound && board.ramping > 0 && lane < board.lanes.size(); ++lane) {
    const Lane& one = board.lanes[lane];
    if (one.ramp == 0 || next_key(lane, {}) == nullptr) continue;
    if (chosen.lane == RankTree::kNone || one.charged < board.lanes[chosen.lane].charged) {
      chosen.lane = lane;
    }
  }
  if (chosen.lane == RankTree::kNone) chosen.lane = board.resting.first();
  if (chosen.lane == RankTree::kNone) chosen.lane = board.ready.first();
  if (chosen.lane == RankTree::kNone) return chosen;
  chosen.key = next_key(chosen.lane, {});
  if (chosen.key != nullptr) return chosen;
  for (Key* key = groups_[chosen.lane].first; key != nullptr; key = key->next_in_group) {
    const bool sooner = chosen.key == nullptr || key->ready_at() < chosen.key->ready_at();
    if (key->ready_at() != kNever && sooner) chosen.key = key;
  }
  return chosen;
}

// The keys of a group take turns; the cursor moves when the key is taken.
Key* Endpoint::next_key(std::size_t number, std::span<const KeyId> avoid) {
  const Group& group = groups_[number];
  Key* key = group.extras->cursor;
  for (std::uint32_t looked = 0; looked < group.size; ++looked) {
    if (key == nullptr) key = group.first;
    if (key->ready_at() == kLongAgo && !contains(avoid, key->id)) return key;
    key = key->next_in_group;
  }
  return nullptr;
}

// The caller's estimate, corrected by how such estimates turned out; else the key's own average.
Cost Endpoint::estimate(const Board& board, const Key& key, const LeaseRequest& request) const {
  if (request.estimated_input_tokens > 0 || request.estimated_output_tokens > 0) {
    return board.estimates.corrected(request.estimated_input_tokens,
                                     request.estimated_output_tokens);
  }
  const double tokens =
      static_cast<double>(key.input_tokens) + static_cast<double>(key.output_tokens);
  if (key.average_tokens <= 0) return {.output = unknown_call_tokens_};
  const double input = key.average_tokens * static_cast<double>(key.input_tokens) / tokens;
  return {.input = input, .output = key.average_tokens - input};
}

Lease Endpoint::issue(Board& board, const Choice& choice, MonotonicTime now,
                      const LeaseRequest& request) {
  Lane& lane = board.lanes[choice.lane];
  Key& key = *choice.key;
  const bool estimated = request.estimated_input_tokens > 0 || request.estimated_output_tokens > 0;
  const Cost cost = estimate(board, key, request);
  const std::uint32_t input = in_32_bits(cost.input);
  const std::uint32_t output = in_32_bits(cost.output);
  const double charge_weight = weight(now);
  const double charged = lane.charge_of(input, output);
  lane.charged += charge_weight * charged;
  lane.calls += charge_weight;
  ++lane.in_flight;
  ++board.in_flight;
  ++key.in_flight;
  if (!wanted_.empty()) {
    std::erase(wanted_, &key);
    update_ordinary();
  }
  if (lane.extras->restraint.active()) lane.extras.edit().restraint.leased(now);
  add_saturated(key.total_requests, 1);
  if (policy_ == Policy::round_robin) {
    double& turn = lane.extras.edit().turn;
    turn = std::max(turn, board.turn) + lane.inverse_weight;
    board.turn = std::max(board.turn, turn - lane.inverse_weight);
  }
  if (board.limited) {
    const Cost reserved{.input = double(input), .output = double(output)};
    LaneLimits& limits = limits_of(board, choice.lane, now);
    if (choice.probe) limits.begin_probe(reserved, now);
    limits.reserve(reserved, now);
  }
  if (!request.affinity.empty()) {
    board.affinity.remember(request.affinity, static_cast<std::uint32_t>(choice.lane));
  }
  board.circuit.leased(now);
  circuit_.leased(now);
  if (key.watched) {
    refresh_group(choice.lane, now);
  } else {
    refresh(board, choice.lane, now);
  }
  return Lease(Ticket{.endpoint = this,
                      .board = &board,
                      .key = &key,
                      .charge = charged,
                      .input_tokens = input,
                      .output_tokens = output,
                      .asked_input = in_32_bits(request.estimated_input_tokens),
                      .asked_output = in_32_bits(request.estimated_output_tokens),
                      .estimated = estimated,
                      .limited = board.limited,
                      .leased_at = now});
}

LeaseError Endpoint::why_none(const Board& board, MonotonicTime opens_at) const {
  const MonotonicTime now = clock_.now();
  LeaseError error{.kind = LeaseErrorKind::all_cooling,
                   .endpoint = name_,
                   .tried = {},
                   .retry_after = std::nullopt};
  MonotonicTime opening = std::min(opens_at, board.next_opening);
  if (by_name_.empty()) {
    error.kind = LeaseErrorKind::no_keys;
    error.tried = missing_;
    return error;
  }
  if (!lets_through(board, now)) {
    error.kind = LeaseErrorKind::circuit_open;
    const MonotonicTime closed = std::max(board.circuit.until(), circuit_.until());
    opening = closed > now ? closed : now + kProbeTime;
  }
  if (opening != kNever) {
    error.retry_after = std::chrono::ceil<milliseconds>(std::max(opening - now, nanoseconds(0)));
  } else if (board.in_flight > 0) {
    // A call in flight decides.
    error.retry_after = kProbeTime;
  }
  return error;
}

std::string Endpoint::out_of_turn_warning(const Choice& choice, MonotonicTime ready) const {
  std::string text = "all keys of " + name_ + " are cooling; using " + choice.key->name;
  if (ready != kNever && ready != kLongAgo) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(ready - clock_.now());
    text += ", which is ready in " + std::to_string(std::max<std::int64_t>(left.count(), 0)) + " s";
  }
  return text;
}

}  // namespace keypool::pool
