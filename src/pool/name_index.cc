#include "pool/name_index.h"

#include <utility>

#include "pool/short_text.h"

namespace keypool::pool {

// The number of places is a power of two, so that a mask finds the place of a hash.
std::size_t NameIndex::home(std::string_view name) const noexcept {
  return short_hash(name) & (places_.size() - 1);
}

Key* NameIndex::find(std::string_view name) const noexcept {
  if (places_.empty()) return nullptr;
  for (std::size_t at = home(name);; at = (at + 1) & (places_.size() - 1)) {
    if (places_[at] == nullptr || places_[at]->name == name) return places_[at];
  }
}

void NameIndex::add(Key& key) {
  if ((size_ + 1) * 4 > places_.size() * 3) {
    const auto before =
        std::exchange(places_, std::vector<Key*>(places_.empty() ? 8 : 2 * places_.size()));
    for (Key* known : before) {
      if (known != nullptr) place(*known);
    }
  }
  place(key);
  ++size_;
}

void NameIndex::place(Key& key) noexcept {
  std::size_t at = home(key.name);
  while (places_[at] != nullptr) at = (at + 1) & (places_.size() - 1);
  places_[at] = &key;
}

// Those behind in the same run move up, unless that would put them before their home.
void NameIndex::erase(const Key& key) noexcept {
  const std::size_t mask = places_.size() - 1;
  std::size_t gap = home(key.name);
  while (places_[gap] != &key) gap = (gap + 1) & mask;
  for (std::size_t at = (gap + 1) & mask; places_[at] != nullptr; at = (at + 1) & mask) {
    const std::size_t distance = (at - home(places_[at]->name)) & mask;
    if (distance < ((at - gap) & mask)) continue;
    places_[gap] = places_[at];
    gap = at;
  }
  places_[gap] = nullptr;
  --size_;
}

}  // namespace keypool::pool
