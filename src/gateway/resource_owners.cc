#include "gateway/resource_owners.h"

namespace keypool::gateway {
namespace {

std::string name_of(std::string_view endpoint, std::string_view id) {
  std::string name;
  name.reserve(endpoint.size() + 1 + id.size());
  return name.append(endpoint).append("/").append(id);
}

}  // namespace

std::string OwnersInMemory::key_of(std::string_view endpoint, std::string_view id) {
  const auto name = name_of(endpoint, id);
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(name);
  if (place == places_.end()) return {};
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->second;
}

void OwnersInMemory::remember(std::string_view endpoint, std::span<const std::string> ids,
                              std::string_view key) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) {
    auto name = name_of(endpoint, id);
    if (const auto place = places_.find(name); place != places_.end()) {
      place->second->second = key;
      entries_.splice(entries_.begin(), entries_, place->second);
      continue;
    }
    entries_.emplace_front(std::move(name), key);
    places_.emplace(entries_.front().first, entries_.begin());
    if (entries_.size() <= most_) continue;
    places_.erase(entries_.back().first);
    entries_.pop_back();
  }
}

}  // namespace keypool::gateway
