#include "state/clients.h"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>

namespace keypool::state {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

bool fits(const std::vector<std::string>& patterns, std::string_view name) {
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

bool ClientAccount::Spent::reached(std::int64_t now, std::uint64_t most_tokens,
                                   std::uint64_t most_micro_usd) const noexcept {
  if (period != now) return false;
  return (most_tokens > 0 && tokens >= most_tokens) ||
         (most_micro_usd > 0 && micro_usd >= most_micro_usd);
}

std::optional<ClientRefusal> ClientAccount::admit(std::string_view endpoint, std::string_view model,
                                                  MonotonicTime now, WallTime wall) {
  if (!fits(client_.endpoints, endpoint)) return ClientRefusal{ClientRefusal::Kind::endpoint};
  if (!fits(client_.models, model)) return ClientRefusal{ClientRefusal::Kind::model};
  const std::lock_guard lock(mutex_);
  if (auto refusal = over_budget(wall)) return refusal;
  return too_fast(now);
}

std::optional<ClientRefusal> ClientAccount::over_budget(WallTime wall) const {
  if (month_.reached(month_of(wall), client_.tokens_per_month, client_.micro_usd_per_month)) {
    const WallTime next = first_day(month_at(wall) + std::chrono::months(1));
    return ClientRefusal{ClientRefusal::Kind::budget, next - wall};
  }
  if (day_.reached(day_of(wall), client_.tokens_per_day, client_.micro_usd_per_day)) {
    const WallTime next = floor<days>(wall) + days(1);
    return ClientRefusal{ClientRefusal::Kind::budget, next - wall};
  }
  return std::nullopt;
}

std::optional<ClientRefusal> ClientAccount::too_fast(MonotonicTime now) {
  if (client_.rpm == 0) return std::nullopt;
  const auto most = static_cast<double>(client_.rpm);
  const double per_millisecond = most / 60'000;
  const auto passed = std::chrono::duration<double, std::milli>(now - drained_).count();
  calls_ = std::max(0.0, calls_ - std::max(passed, 0.0) * per_millisecond);
  drained_ = std::max(drained_, now);
  if (calls_ + 1 > most) {
    const auto wait = static_cast<std::int64_t>((calls_ + 1 - most) / per_millisecond) + 1;
    return ClientRefusal{ClientRefusal::Kind::rate, milliseconds(wait)};
  }
  calls_ += 1;
  return std::nullopt;
}

void ClientAccount::charge(std::uint64_t tokens, std::uint64_t micro_usd, WallTime wall) noexcept {
  const std::lock_guard lock(mutex_);
  day_.add(day_of(wall), tokens, micro_usd);
  month_.add(month_of(wall), tokens, micro_usd);
}

void ClientAccount::continue_from(const ClientAccount& before) {
  const std::scoped_lock lock(mutex_, before.mutex_);
  calls_ = before.calls_;
  drained_ = before.drained_;
  day_ = before.day_;
  month_ = before.month_;
}

Clients::Clients(const std::vector<Client>& clients) {
  for (const Client& client : clients) {
    auto account = std::make_shared<ClientAccount>(client);
    by_name_.emplace(client.name, account);
    by_hash_.emplace(client.token_hash, std::move(account));
  }
}

std::shared_ptr<ClientAccount> Clients::find(std::string_view token) const {
  const auto hash = hash_of_token(token);
  const auto bucket = by_hash_.bucket(hash);
  std::shared_ptr<ClientAccount> found;
  for (auto at = by_hash_.begin(bucket); at != by_hash_.end(bucket); ++at) {
    const auto& known = at->first;
    if (known.size() != hash.size()) continue;
    if (CRYPTO_memcmp(known.data(), hash.data(), hash.size()) == 0) found = at->second;
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
    if (const auto account = named(row.labels[0])) {
      account->charge(row.figures.tokens(), row.figures[Figure::cost_micro_usd], at);
    }
  }
  return {};
}

}  // namespace keypool::state
