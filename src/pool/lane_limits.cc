#include "pool/lane_limits.h"

#include <algorithm>

#include "pool/key.h"

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

/// As long as headers told of limits this lately, nothing is learned from rate limits.
constexpr minutes kHeadersHold{10};

/// A limit that was learned is set a little below what had been used, and grows by steps.
constexpr double kLearnedShare = 0.95;
constexpr double kFirstStretch = 0.02;
constexpr double kLongestStretch = 1.0;
constexpr seconds kStretchEvery{30};

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

LaneLimits::LaneLimits(double weight, double assumed_tokens, MonotonicTime now)
    : weight_(weight),
      assumed_(minutes(1)),
      share_(now),
      reported_at_(kLongAgo),
      stretched_at_(now) {
  for (const Dimension dimension : kAllDimensions) {
    const nanoseconds period =
        per_day(dimension) ? nanoseconds(hours(24)) : nanoseconds(minutes(1));
    at(dimension) = {Bucket(period), Bucket(period), 0, LimitSource::none};
  }
  assumed_.set_limit(assumed_tokens * weight, now);
}

void LaneLimits::configure(const Limits& limits, MonotonicTime now) {
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    limit.configured = static_cast<double>(limits[dimension]);
    if (limit.configured > 0 && limit.source != LimitSource::reported) {
      set_limit(limit, limit.configured, LimitSource::configured, now);
    }
  }
  update_share(now);
}

void LaneLimits::reserve(const Cost& cost, MonotonicTime now) noexcept {
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    limit.room.take(cost.in(dimension), now);
    limit.share.take(cost.in(dimension), now);
  }
  assumed_.take(cost.tokens(), now);
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
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (!limit.room.known()) continue;
    const double difference = used.in(dimension)-reserved.in(dimension);
    put_right(limit.room, difference);
    put_right(limit.share, difference);
  }
  put_right(assumed_, used.tokens() - reserved.tokens());
  in_flight_ -= reserved;
  update_share(now);
}

MonotonicTime LaneLimits::open_at(const Cost& cost) const noexcept {
  MonotonicTime time = kLongAgo;
  for (const Dimension dimension : kAllDimensions) {
    const Limit& limit = at(dimension);
    if (!limit.room.known() || limit.source == LimitSource::learned) continue;
    time = std::max(time, limit.room.open_at(cost.in(dimension)));
  }
  return time;
}

// The provider has counted the answered call, and some of those in flight: what is left lies
// between what it said and that less everything in flight. Within those bounds our own count
// stands.
void LaneLimits::observe(const LimitNotice& notice, const Cost& own, MonotonicTime now) {
  Limit& limit = at(notice.dimension);
  if (notice.limit && *notice.limit > 0) {
    reported_at_ = now;
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

void LaneLimits::hit(const std::optional<Cost>& spent, std::optional<Dimension> which,
                     MonotonicTime now) {
  if (spent && (reported_at_ == kLongAgo || now - reported_at_ > kHeadersHold)) {
    learn(Dimension::requests_per_minute, spent->calls, now);
    learn(Dimension::tokens_per_minute, spent->tokens(), now);
  }
  // Nothing is left of the limit that was named, else of whichever of a minute it was.
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    const bool hit = which ? dimension == *which : !per_day(dimension);
    if (hit && limit.room.known() && limit.room.left(now) > 0) {
      set_left(limit, 0, now);
    }
  }
  stretched_at_ = now;
  stretch_ = kFirstStretch;
  update_share(now);
}

void LaneLimits::learn(Dimension dimension, double spent, MonotonicTime now) {
  Limit& limit = at(dimension);
  if (limit.source == LimitSource::reported) limit.source = LimitSource::learned;
  const double most = std::max(1.0, spent * kLearnedShare);
  if (limit.room.known() && limit.room.limit() <= most) return;
  set_limit(limit, most, LimitSource::learned, now);
}

void LaneLimits::went_well(MonotonicTime now) {
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (limit.source != LimitSource::learned || limit.room.left(now) >= 0) continue;
    set_limit(limit, limit.room.limit() - limit.room.left(now), LimitSource::learned, now);
  }
  if (now - stretched_at_ < kStretchEvery) return;
  stretched_at_ = now;
  for (const Dimension dimension : kAllDimensions) {
    Limit& limit = at(dimension);
    if (limit.source != LimitSource::learned) continue;
    double most = limit.room.limit() * (1.0 + stretch_);
    if (limit.configured > 0) most = std::min(most, limit.configured);
    set_limit(limit, most, LimitSource::learned, now);
  }
  stretch_ = std::min(2 * stretch_, kLongestStretch);
}

double LaneLimits::tokens_per_minute() const noexcept {
  const double tokens = at(Dimension::tokens_per_minute).room.limit();
  if (tokens > 0) return tokens;
  return at(Dimension::input_tokens_per_minute).room.limit() +
         at(Dimension::output_tokens_per_minute).room.limit();
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

void LaneLimits::set_left(Limit& limit, double left, MonotonicTime now) noexcept {
  limit.room.set_left(left, now);
  const double used = limit.room.limit() - left;
  limit.share.set_left(limit.share.limit() - used, now);
}

void LaneLimits::update_share(MonotonicTime now) noexcept {
  if (!known_) {
    share_ = assumed_.full_at();
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
