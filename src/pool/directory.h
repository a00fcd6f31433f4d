#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pool/short_text.h"

namespace keypool::pool {

class Endpoint;

/// Endpoints by name. Looking up takes no lock and writes no memory, so that calls for different
/// endpoints share nothing.
///
/// Thread-safety: `find` at any time; `add` and the rest under the owner's lock. Endpoints stay
/// until the directory ends, and so do outgrown tables, which a reader may still stand in.
class Directory {
 public:
  Directory();
  ~Directory();

  /// Null when there is none of this name.
  [[nodiscard]] Endpoint* find(std::string_view name) const noexcept {
    const std::uint64_t wanted = short_hash(name);
    const Table& table = *current_.load(std::memory_order_acquire);
    for (std::size_t at = wanted & table.mask;; at = (at + 1) & table.mask) {
      const Slot& slot = table.slots[at];
      Endpoint* endpoint = slot.endpoint.load(std::memory_order_acquire);
      if (endpoint == nullptr || (slot.hash == wanted && same_text(slot.name, name))) {
        return endpoint;
      }
    }
  }

  /// `endpoint` must not be there yet.
  void add(Endpoint& endpoint);

  [[nodiscard]] const std::vector<Endpoint*>& in_order() const noexcept { return in_order_; }

 private:
  /// What stands before `endpoint` is written before it is.
  struct Slot {
    std::uint64_t hash = 0;
    std::string_view name;  ///< the endpoint's own
    std::atomic<Endpoint*> endpoint{nullptr};
  };
  struct Table {
    explicit Table(std::size_t size) : mask(size - 1), slots(std::make_unique<Slot[]>(size)) {}

    const std::size_t mask;
    const std::unique_ptr<Slot[]> slots;
  };

  static void insert(Table& table, Endpoint& endpoint) noexcept;

  std::atomic<const Table*> current_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<Endpoint*> in_order_;
};

}  // namespace keypool::pool
