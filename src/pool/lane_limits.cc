#include "pool/lane_limits.h"

#include <algorithm>

#include "pool/key.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::array<Dimension, kDimensions> kAllDimensions{
    Dimension::requests_per_minute,     Dimension::tokens_per_minute,
    Dimension::input_tokens_per_minute, Dimension::output_tokens_per_minute,
    Dimension::requests_per_day,        Dimension::tokens_per_day};

/// What of a minute's limit is left unused, as refill of this time: our count and the provider's
/// differ by calls on their way. It is a level that is kept, not a rate that is lost.
constexpr seconds kSpare{2};

/// A call that is larger than the whole limit by more than an estimate may err never fits.
constexpr double kTooLarge = 1.25;

/// As long as headers told of limits this lately, nothing is learned from rate limits.
constexpr minutes kHeadersHold{10};

constexpr seconds kFirstRest{5};
constexpr seconds kSoonAgain{10};

/// A lane of which nothing is known stands among the known as one of which a little is used.
constexpr seconds kLittleUsed{7};

bool per_day(Dimension dimension) noexcept {
  switch (dimension) {
    case Dimension::requests_per_minute:
    case Dimension::tokens_per_minute:
    case Dimension::input_tokens_per_minute:
    case Dimension::output_tokens_per_minute:
      return false;
    case Dimension::requests_per_day:
    case Dimension::tokens_per_day:
      return true;
  }
  return false;
}

}  // namespace

LaneLimits::LaneLimits(double weight, MonotonicTime now)
    : weight_(weight),
      share_(unknown_share(weight, now)),
      reported_at_(kLongAgo),
      refused_at_(kLongAgo),
      open_since_(kLongAgo) {
  for (const Dimension dimension : kAllDimensions) {
    const Bucket bucket(per_day(dimension) ? nanoseconds(hours(24)) : nanoseconds(minutes(1)));
    const seconds spare = per_day(dimension) ? seconds(0) : kSpare;
    at(dimension) = {bucket, bucket, spare, 0, LimitSource::none};
  }
}

MonotonicTime LaneLimits::unknown_share(double weight, MonotonicTime now) noexcept {
  return now + nanoseconds(static_cast<std::int64_t>(
                   static_cast<double>(nanoseconds(kLittleUsed).count()) / weight));
}

void LaneLimits::configure(const Limits& limits, MonotonicTime now) {
  bool changed = false;
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    const auto most = static_cast<double>(limits[dimension]);
    changed |= limit.configured != most;
    limit.configured = most;
    if (most > 0 && limit.source != LimitSource::reported) {
      set_limit(limit, most, LimitSource::configured, now);
    } else if (most == 0 && limit.source == LimitSource::configured) {
      forget(limit);
    }
  }
  if (changed) learning_.reset();
  update_share(now);
}

void LaneLimits::reserve(const Cost& cost, MonotonicTime now) noexcept {
  if (learning_ != nullptr) {
    learning_->spend(cost);
    for (std::size_t i = 0; i < Learning::kMeters; ++i) {
      if (at(Learning::kDimension[i]).room.full_at() <= now) learning_->overflowed(i);
    }
  }
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    limit.room.take(cost.in(dimension), now);
    limit.share.take(cost.in(dimension), now);
  }
  in_flight_ += cost;
  update_share(now);
}

void LaneLimits::settle(const Cost& reserved, const Cost& used, MonotonicTime now) noexcept {
  const auto put_right = [now](Bucket& bucket, double difference) {
    if (difference > 0) {
      bucket.take(difference, now);
    } else {
      bucket.give_back(-difference);
    }
  };
  if (learning_ != nullptr) {
    Cost difference = used;
    difference -= reserved;
    learning_->spend(difference);
  }
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    const double difference = used.in(dimension)-reserved.in(dimension);
    put_right(limit.room, difference);
    put_right(limit.share, difference);
  }
  in_flight_ -= reserved;
  update_share(now);
}

void LaneLimits::give_back(const Cost& reserved, MonotonicTime leased_at,
                           MonotonicTime now) noexcept {
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    limit.room.give_back(reserved.in(dimension));
    limit.share.give_back(reserved.in(dimension));
  }
  if (learning_ != nullptr) learning_->give_back(reserved, leased_at);
  in_flight_ -= reserved;
  update_share(now);
}

MonotonicTime LaneLimits::open_at(const Cost& cost) const noexcept {
  MonotonicTime time = kLongAgo;
  for (const Dimension dimension : kAllDimensions) {
    const Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    const double amount = cost.in(dimension);
    // What was learned is a guess: it makes nothing impossible.
    if (amount > kTooLarge * limit.room.limit() && limit.source != LimitSource::learned) {
      return kNever;
    }
    time = std::max(time, open_at(limit, amount));
  }
  return time;
}

MonotonicTime LaneLimits::open_at(const Limit& limit, double amount) noexcept {
  return limit.room.open_at(amount + limit.room.refill(limit.spare));
}

// The provider has counted the answered call, and some of those in flight: what is left lies
// between what it said and that less everything in flight. Within those bounds our own count
// stands.
void LaneLimits::observe(const LimitNotice& notice, const Cost& own, MonotonicTime now) {
  Limit& limit = at(notice.dimension);
  if (notice.limit && *notice.limit > 0) {
    reported_at_ = now;
    learning_.reset();
    if (limit.room.limit() != static_cast<double>(*notice.limit)) {
      set_limit(limit, static_cast<double>(*notice.limit), LimitSource::reported, now);
    }
    limit.source = LimitSource::reported;
  }
  if (notice.remaining && limit.room.known()) {
    const double said = std::min(static_cast<double>(*notice.remaining), limit.room.limit());
    const double unseen = std::max(0.0, in_flight_.in(notice.dimension) - own.in(notice.dimension));
    set_left(limit, std::clamp(limit.room.left(now), said - unseen, said), now);
  }
  update_share(now);
}

// What is configured stands elsewhere.
std::vector<LimitStanding> LaneLimits::standing(const Moment& moment) const {
  std::vector<LimitStanding> found;
  for (const Dimension dimension : kAllDimensions) {
    const Limit& limit = at(dimension);
    if (limit.source != LimitSource::learned && limit.source != LimitSource::reported) continue;
    LimitStanding& one =
        found.emplace_back(LimitStanding{.dimension = dimension,
                                         .source = limit.source,
                                         .limit = static_cast<std::uint64_t>(limit.room.limit())});
    const WallTime full_at = moment.wall_of(limit.room.full_at_latest(moment.now));
    if (full_at > moment.wall) one.full_at = full_at;
  }
  return found;
}

void LaneLimits::restore(const LimitStanding& saved, const Moment& moment) {
  if (saved.limit == 0) return;
  const MonotonicTime now = moment.now;
  const auto most = static_cast<double>(std::min(saved.limit, kMostTokens));
  Limit& limit = at(saved.dimension);
  switch (saved.source) {
    case LimitSource::none:
    case LimitSource::configured:
      return;
    case LimitSource::learned:
      if (!learn_again(saved.dimension, most, now)) return;
      break;
    case LimitSource::reported:
      if (limit.source == LimitSource::reported) return;
      reported_at_ = now;
      learning_.reset();
      break;
  }
  set_limit(limit, most, saved.source, now);
  if (saved.full_at) {
    limit.room.set_full_at(moment.time_of(*saved.full_at), now);
    limit.share.set_left(limit.share.limit() - limit.room.limit() + limit.room.left(now), now);
  }
  update_share(now);
}

// Whether a limit that was learned in an earlier run tells anything.
bool LaneLimits::learn_again(Dimension dimension, double most, MonotonicTime now) {
  const Limit& limit = at(dimension);
  if (limit.source == LimitSource::reported || limit.source == LimitSource::learned) return false;
  if (limit.configured > 0 && most >= limit.configured) return false;
  for (std::size_t i = 0; i < Learning::kMeters; ++i) {
    if (Learning::kDimension[i] != dimension) continue;
    begin_learning({}, now);
    learning_->resume(i, most);
    return true;
  }
  return false;
}

// From what an operator knows.
void LaneLimits::begin_learning(const Cost& lately, MonotonicTime now) {
  if (learning_ != nullptr) return;
  std::array<double, Learning::kMeters> most{};
  for (std::size_t i = 0; i < Learning::kMeters; ++i) {
    most[i] = at(Learning::kDimension[i]).configured;
  }
  learning_ = std::make_unique<Learning>(lately, most, now);
}

void LaneLimits::learn_from(const Refused& call, const Cost& lately, bool enough,
                            MonotonicTime now) {
  const bool soon = open_since_ != kLongAgo && now - open_since_ < kSoonAgain;
  refusals_ = static_cast<std::uint8_t>(soon ? std::min(refusals_ + 1, 16) : 0);
  refused_at_ = now;
  const bool headers_hold = reported_at_ != kLongAgo && now - reported_at_ <= kHeadersHold;
  if (headers_hold || (learning_ == nullptr && !enough && !known_)) {
    culprit_ = call.limit ? call.limit : tightest(now);
    return;
  }
  begin_learning(lately, now);
  culprit_ = learning_->refused(call.cost, call.limit, enough, now);
  apply_learned(now);
}

// Another limit is another pace at which room comes; what there is stays.
void LaneLimits::apply_learned(MonotonicTime now) {
  for (std::size_t i = 0; i < Learning::kMeters; ++i) {
    Limit& limit = at(Learning::kDimension[i]);
    const double most = learning_->limit(i);
    if (most <= 0) continue;
    const double left = limit.room.known() ? limit.room.left(now) : 0;
    const bool as_configured = limit.configured > 0 && most >= limit.configured;
    set_limit(limit, most, as_configured ? LimitSource::configured : LimitSource::learned, now);
    set_left(limit, std::min(left, most), now);
  }
  update_share(now);
}

nanoseconds LaneLimits::rest_without_hint(nanoseconds longest) const noexcept {
  return std::min<nanoseconds>(longest, kFirstRest * (1 << std::min<int>(refusals_, 8)));
}

void LaneLimits::close(const Refused& call, nanoseconds time, MonotonicTime now) noexcept {
  open_since_ = std::max(open_since_, now + time);
  if (!culprit_ || !at(*culprit_).room.known()) return;
  Limit& limit = at(*culprit_);
  const double left = call.cost.in(*culprit_) - limit.room.refill(time);
  if (left < limit.room.left(now)) set_left(limit, left, now);
  update_share(now);
}

std::optional<Dimension> LaneLimits::tightest(MonotonicTime now) const noexcept {
  std::optional<Dimension> tightest;
  double least = 0;
  for (const Dimension dimension : kAllDimensions) {
    const Bucket& room = at(dimension).room;
    if (!room.known() || per_day(dimension)) continue;
    const double left = room.left(now) / room.limit();
    if (tightest && left >= least) continue;
    tightest = dimension;
    least = left;
  }
  return tightest;
}

MonotonicTime LaneLimits::probe_at() const noexcept {
  return learning_ == nullptr ? kNever : learning_->probe_at();
}

void LaneLimits::begin_probe(const Cost& cost, MonotonicTime now) noexcept {
  if (learning_ == nullptr) return;
  std::array<bool, Learning::kMeters> tested{};
  for (std::size_t i = 0; i < Learning::kMeters; ++i) {
    const Dimension dimension = Learning::kDimension[i];
    const Limit& limit = at(dimension);
    tested[i] = limit.source == LimitSource::learned && open_at(limit, cost.in(dimension)) > now;
  }
  learning_->begin_probe(cost, tested, now);
}

void LaneLimits::probe_ended(MonotonicTime leased_at, bool well, MonotonicTime now) {
  if (learning_ == nullptr || !learning_->is_probe(leased_at)) return;
  if (well) {
    probe_found_room(now);
  } else {
    learning_->probe_told_nothing();
  }
}

bool LaneLimits::end_silent_probe(MonotonicTime now) {
  if (learning_ == nullptr || !learning_->probe_is_through(now)) return false;
  probe_found_room(now);
  return true;
}

// There was room for it that we did not know of: the probe was free.
void LaneLimits::probe_found_room(MonotonicTime now) {
  for (std::size_t i = 0; i < Learning::kMeters; ++i) {
    Limit& limit = at(Learning::kDimension[i]);
    limit.room.give_back(learning_->found_room(i));
    limit.share.give_back(learning_->found_room(i));
  }
  learning_->probe_found_room(now);
  apply_learned(now);
}

std::vector<LaneStats::Room> LaneLimits::rooms(MonotonicTime now) const {
  std::vector<LaneStats::Room> rooms;
  for (const Dimension dimension : kAllDimensions) {
    const Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    rooms.push_back({.dimension = dimension,
                     .source = limit.source,
                     .limit = static_cast<std::uint64_t>(limit.room.limit()),
                     .left = limit.room.left(now)});
  }
  return rooms;
}

void LaneLimits::set_limit(Limit& limit, double most, LimitSource source, MonotonicTime now) {
  limit.room.set_limit(most, now);
  limit.share.set_limit(most * weight_, now);
  limit.source = source;
  known_ = true;
}

void LaneLimits::forget(Limit& limit) noexcept {
  limit.room.set_limit(0, MonotonicTime{});
  limit.share.set_limit(0, MonotonicTime{});
  limit.source = LimitSource::none;
  known_ = std::ranges::any_of(limits_, [](const Limit& one) { return one.room.known(); });
}

void LaneLimits::set_left(Limit& limit, double left, MonotonicTime now) noexcept {
  limit.room.set_left(left, now);
  const double used = limit.room.limit() - left;
  limit.share.set_left(limit.share.limit() - used, now);
}

void LaneLimits::update_share(MonotonicTime now) noexcept {
  if (!known_) {
    share_ = unknown_share(weight_, now);
    return;
  }
  share_ = MonotonicTime{};
  for (const Dimension dimension : kAllDimensions) {
    const Bucket& share = at(dimension).share;
    if (!share.known()) continue;
    MonotonicTime full_at = share.full_at();
    if (per_day(dimension)) {
      // As a minute's limit that is used to the same part would stand.
      const double used = 1.0 - share.left(now) / share.limit();
      full_at = now + nanoseconds(static_cast<std::int64_t>(used * 6e10));
    }
    share_ = std::max(share_, full_at);
  }
}

}  // namespace keypool::pool
