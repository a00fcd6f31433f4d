#include "pool/directory.h"

#include "pool/endpoint.h"

namespace keypool::pool {
namespace {

constexpr std::size_t kFirstSize = 16;

std::uint64_t next_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

Directory::Directory() : id_(next_id()) {
  tables_.push_back(std::make_unique<Table>(kFirstSize));
  current_.store(tables_.back().get(), std::memory_order_release);
}

Directory::~Directory() = default;

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
  const std::uint64_t hash = short_hash(endpoint.name());
  std::size_t at = hash & table.mask;
  while (table.slots[at].endpoint.load(std::memory_order_relaxed) != nullptr) {
    at = (at + 1) & table.mask;
  }
  Slot& slot = table.slots[at];
  slot.hash = hash;
  slot.name = endpoint.name();
  if (slot.name.size() <= sizeof slot.short_name) {
    slot.name.copy(slot.short_name, slot.name.size());
    slot.name = {slot.short_name, slot.name.size()};
  }
  slot.endpoint.store(&endpoint, std::memory_order_release);
}

}  // namespace keypool::pool
