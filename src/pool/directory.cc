#include "pool/directory.h"

#include <cstring>

#include "pool/endpoint.h"

namespace keypool::pool {
namespace {

constexpr std::size_t kFirstSize = 16;

std::uint64_t eight_bytes(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

// Multiply and fold, eight bytes at a time; names are not an attacker's to choose.
std::uint64_t Directory::hash(std::string_view name) noexcept {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  const char* at = name.data();
  std::size_t left = name.size();
  std::uint64_t state = kOdd ^ left;
  for (; left >= 8; at += 8, left -= 8) state = mix(state ^ eight_bytes(at), kOdd);
  std::uint64_t rest = 0;
  if (name.size() >= 8) {
    rest = eight_bytes(name.data() + name.size() - 8);
  } else {
    std::memcpy(&rest, at, left);
  }
  return mix(state ^ rest, kOdd);
}

Directory::Directory() {
  tables_.push_back(std::make_unique<Table>(kFirstSize));
  current_.store(tables_.back().get(), std::memory_order_release);
}

Directory::~Directory() = default;

Endpoint* Directory::find(std::string_view name) const noexcept {
  const std::uint64_t wanted = hash(name);
  const Table& table = *current_.load(std::memory_order_acquire);
  for (std::size_t at = wanted & table.mask;; at = (at + 1) & table.mask) {
    Endpoint* endpoint = table.slots[at].endpoint.load(std::memory_order_acquire);
    if (endpoint == nullptr) return nullptr;
    if (table.slots[at].hash.load(std::memory_order_relaxed) == wanted &&
        endpoint->name() == name) {
      return endpoint;
    }
  }
}

void Directory::add(Endpoint& endpoint) {
  Table* table = tables_.back().get();
  const std::size_t size = table->mask + 1;
  if ((in_order_.size() + 1) * 2 > size) {
    auto larger = std::make_unique<Table>(size * 2);
    for (Endpoint* known : in_order_) insert(*larger, *known);
    table = larger.get();
    tables_.push_back(std::move(larger));
  }
  in_order_.push_back(&endpoint);
  insert(*table, endpoint);
  current_.store(table, std::memory_order_release);
}

void Directory::insert(Table& table, Endpoint& endpoint) noexcept {
  const std::uint64_t hash_of_name = hash(endpoint.name());
  std::size_t at = hash_of_name & table.mask;
  while (table.slots[at].endpoint.load(std::memory_order_relaxed) != nullptr) {
    at = (at + 1) & table.mask;
  }
  table.slots[at].hash.store(hash_of_name, std::memory_order_relaxed);
  table.slots[at].endpoint.store(&endpoint, std::memory_order_release);
}

}  // namespace keypool::pool
