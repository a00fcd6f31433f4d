#include "state/clients.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace keypool::state {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

bool fits(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  if (patterns.empty()) return true;
  return std::ranges::any_of(patterns, [name](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == name;
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

std::int64_t day_of(WallTime wall) { return floor<days>(wall).time_since_epoch().count(); }

std::chrono::year_month month_at(WallTime wall) {
  const year_month_day date(floor<days>(wall));
  return date.year() / date.month();
}

std::int64_t month_of(WallTime wall) {
  const auto month = month_at(wall);
  return (static_cast<int>(month.year()) - 1970) * 12 +
         static_cast<std::int64_t>(static_cast<unsigned>(month.month())) - 1;
}

sys_days first_day(std::chrono::year_month month) { return sys_days(month / 1); }

}  // namespace

void ClientAccount::Spent::add(std::int64_t now, std::uint64_t more_tokens,
                               std::uint64_t more_micro_usd) noexcept {
  if (period != now) *this = {.period = now};
  tokens += more_tokens;
  micro_usd += more_micro_usd;
}

bool ClientAccount::Spent::reached_tokens(std::int64_t now, std::uint64_t most) const noexcept {
  return period == now && most > 0 && tokens >= most;
}

bool ClientAccount::Spent::reached_usd(std::int64_t now, std::uint64_t most) const noexcept {
  return period == now && most > 0 && micro_usd >= most;
}

bool ClientAccount::may_use_endpoint(std::string_view name) const noexcept {
  return fits(client_.endpoints, name);
}

bool ClientAccount::may_use_model(std::string_view name) const noexcept {
  return fits(client_.models, name);
}

std::optional<ClientRefusal> ClientAccount::admit(MonotonicTime now, WallTime wall) {
  const std::lock_guard lock(use_->mutex);
  if (auto refusal = over_budget(wall)) return refusal;
  return too_fast(now);
}

std::optional<ClientRefusal> ClientAccount::over_budget(WallTime wall) const {
  const auto until = [wall](std::string_view bound, WallTime next) {
    return ClientRefusal{ClientRefusal::Kind::budget, bound, next - wall};
  };
  // The longer wait first: the end of the day would not help.
  const WallTime next_month = first_day(month_at(wall) + std::chrono::months(1));
  const auto month = month_of(wall);
  if (use_->month.reached_usd(month, client_.micro_usd_per_month)) {
    return until("budget_usd_per_month", next_month);
  }
  if (use_->month.reached_tokens(month, client_.tokens_per_month)) {
    return until("budget_tokens_per_month", next_month);
  }
  const WallTime tomorrow = floor<days>(wall) + days(1);
  const auto day = day_of(wall);
  if (use_->day.reached_usd(day, client_.micro_usd_per_day)) {
    return until("budget_usd_per_day", tomorrow);
  }
  if (use_->day.reached_tokens(day, client_.tokens_per_day)) {
    return until("budget_tokens_per_day", tomorrow);
  }
  return std::nullopt;
}

std::optional<ClientRefusal> ClientAccount::too_fast(MonotonicTime now) {
  if (client_.rpm == 0) return std::nullopt;
  Use& use = *use_;
  const auto most = static_cast<double>(client_.rpm);
  const double per_millisecond = most / 60'000;
  const auto passed = std::chrono::duration<double, std::milli>(now - use.drained).count();
  use.calls = std::max(0.0, use.calls - std::max(passed, 0.0) * per_millisecond);
  use.drained = std::max(use.drained, now);
  if (use.calls + 1 > most) {
    const auto wait = static_cast<std::int64_t>((use.calls + 1 - most) / per_millisecond) + 1;
    return ClientRefusal{ClientRefusal::Kind::rate, "rpm", milliseconds(wait)};
  }
  use.calls += 1;
  return std::nullopt;
}

void ClientAccount::charge(std::uint64_t tokens, std::uint64_t micro_usd, WallTime wall) noexcept {
  const std::lock_guard lock(use_->mutex);
  use_->day.add(day_of(wall), tokens, micro_usd);
  use_->month.add(month_of(wall), tokens, micro_usd);
}

void ClientAccount::continue_from(const ClientAccount& before) {
  use_ = before.use_;
  continues_ = true;
}

std::size_t Clients::FirstBytes::operator()(const TokenDigest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

Clients::Clients(const std::vector<Client>& clients) {
  for (const Client& client : clients) {
    auto account = std::make_shared<ClientAccount>(client);
    if (!by_name_.emplace(client.name, account).second) continue;
    if (const auto digest = parse_token_hash(client.token_hash)) {
      by_digest_.emplace(*digest, std::move(account));
    }
  }
}

std::shared_ptr<ClientAccount> Clients::find(std::string_view token) const {
  if (by_digest_.empty()) return nullptr;
  const auto digest = digest_of_token(token);
  const auto bucket = by_digest_.bucket(digest);
  std::shared_ptr<ClientAccount> found;
  for (auto at = by_digest_.begin(bucket); at != by_digest_.end(bucket); ++at) {
    if (same_digest(at->first, digest)) found = at->second;
  }
  return found;
}

std::shared_ptr<ClientAccount> Clients::named(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void Clients::continue_from(const Clients& before) {
  for (const auto& [name, account] : by_name_) {
    if (const auto old = before.named(name); old && old != account) account->continue_from(*old);
  }
}

std::expected<void, StoreError> Clients::charge_from(Store& store, WallTime wall) {
  const WallTime month = first_day(month_at(wall));
  const WallTime today = floor<days>(wall);
  // What was spent on days that are over counts to the month alone, as if on its first.
  if (month < today) {
    auto charged = charge_from(
        store, {.by = {By::client}, .from = hour_of(month), .until = hour_of(today)}, month);
    if (!charged) return charged;
  }
  return charge_from(store, {.by = {By::client}, .from = hour_of(today)}, wall);
}

std::expected<void, StoreError> Clients::charge_from(Store& store, const UsageQuestion& question,
                                                     WallTime at) {
  const auto spent = usage(store, question);
  if (!spent) return std::unexpected(spent.error());
  for (const UsageRow& row : *spent) {
    if (const auto account = named(row.labels[0]); account && !account->continues()) {
      account->charge(row.figures.tokens(), row.figures[Figure::cost_micro_usd], at);
    }
  }
  return {};
}

}  // namespace keypool::state
