#include "gateway/resource_owners.h"

#include <ranges>
#include <utility>

namespace keypool::gateway {
namespace {

std::string name_of(std::string_view endpoint, std::string_view id) {
  std::string name;
  name.reserve(endpoint.size() + 1 + id.size());
  return name.append(endpoint).append("/").append(id);
}

}  // namespace

std::string OwnersInMemory::key_of(std::string_view endpoint, std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto entry = find(endpoint, id);
  if (entry == entries_.end()) return {};
  if (entry->expires <= clock_.wall()) {
    forget(entry);
    return {};
  }
  mention(entry);
  return entry->key;
}

void OwnersInMemory::remember(std::string_view endpoint, std::span<const std::string> ids,
                              std::string_view key) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) {
    const auto entry = find(endpoint, id);
    if (entry == entries_.end()) {
      add(endpoint, id, key, clock_.wall() + kKept, true);
      continue;
    }
    if (entry->key != key) {
      entry->key = key;
      news_ += entry->is_news ? 0 : 1;
      entry->is_news = true;
    }
    mention(entry);
  }
}

void OwnersInMemory::restore(const std::vector<state::StickyId>& ids) {
  const std::lock_guard lock(mutex_);
  for (const auto& [endpoint, id, key, expires] : std::views::reverse(ids)) {
    if (find(endpoint, id) == entries_.end()) add(endpoint, id, key, expires, false);
  }
}

std::vector<state::StickyId> OwnersInMemory::take_news() {
  const std::lock_guard lock(mutex_);
  std::vector<state::StickyId> news;
  // News is made by a mention, so it stands in front.
  for (auto entry = entries_.begin(); news_ > 0 && entry != entries_.end(); ++entry) {
    if (!std::exchange(entry->is_news, false)) continue;
    --news_;
    const std::string_view name = entry->name;
    news.push_back({std::string(name.substr(0, entry->endpoint_size)),
                    std::string(name.substr(entry->endpoint_size + 1)), entry->key,
                    entry->expires});
  }
  return news;
}

void OwnersInMemory::give_back(const std::vector<state::StickyId>& news) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : news) {
    const auto entry = find(one.endpoint, one.id);
    if (entry == entries_.end() || std::exchange(entry->is_news, true)) continue;
    ++news_;
  }
}

void OwnersInMemory::make_all_news() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry.is_news = true;
  news_ = entries_.size();
}

OwnersInMemory::Entries::iterator OwnersInMemory::find(std::string_view endpoint,
                                                       std::string_view id) {
  const auto place = places_.find(name_of(endpoint, id));
  return place == places_.end() ? entries_.end() : place->second;
}

// Lasts longer by each mention, which need not be written down each time.
void OwnersInMemory::mention(Entries::iterator entry) {
  entries_.splice(entries_.begin(), entries_, entry);
  const auto expires = clock_.wall() + kKept;
  if (expires - entry->expires < std::chrono::days(1)) return;
  entry->expires = expires;
  news_ += entry->is_news ? 0 : 1;
  entry->is_news = true;
}

void OwnersInMemory::add(std::string_view endpoint, std::string_view id, std::string_view key,
                         WallTime expires, bool is_news) {
  entries_.push_front({name_of(endpoint, id), endpoint.size(), std::string(key), expires, is_news});
  places_.emplace(entries_.front().name, entries_.begin());
  news_ += is_news ? 1 : 0;
  if (entries_.size() > most_) forget(std::prev(entries_.end()));
}

void OwnersInMemory::forget(Entries::iterator entry) {
  news_ -= entry->is_news ? 1 : 0;
  places_.erase(entry->name);
  entries_.erase(entry);
}

}  // namespace keypool::gateway
