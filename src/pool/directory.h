#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pool/short_text.h"

namespace keypool::pool {

class Endpoint;

/// Endpoints by name. Looking up takes no lock and writes no memory that threads share, so that
/// calls for different endpoints share nothing.
///
/// Thread-safety: `find` at any time; `add` and the rest under the owner's lock. Endpoints stay
/// until the directory ends, and so do outgrown tables, which a reader may still stand in.
class Directory {
 public:
  Directory();
  ~Directory();

  /// The endpoint that this thread asked for last, if it is of this name: most threads stay with
  /// one for a while, and hashing its name takes longer than comparing it. Null when it is another.
  [[nodiscard]] Endpoint* find_again(std::string_view name) const noexcept {
    return found_.directory == id_ && same_text(found_.name, name) ? found_.endpoint : nullptr;
  }

  /// Null when there is none of this name.
  [[nodiscard]] Endpoint* find(std::string_view name) const noexcept {
    const std::uint64_t wanted = short_hash(name);
    const Table& table = *current_.load(std::memory_order_acquire);
    for (std::size_t at = wanted & table.mask;; at = (at + 1) & table.mask) {
      const Slot& slot = table.slots[at];
      Endpoint* endpoint = slot.endpoint.load(std::memory_order_acquire);
      if (endpoint == nullptr) return nullptr;
      if (slot.hash == wanted && same_text(slot.name, name)) {
        found_ = {id_, slot.name, endpoint};
        return endpoint;
      }
    }
  }

  /// `endpoint` must not be there yet.
  void add(Endpoint& endpoint);

  [[nodiscard]] const std::vector<Endpoint*>& in_order() const noexcept { return in_order_; }

 private:
  /// One cache line: a name of usual length stands in it, so that nothing else has to be looked at.
  /// What stands before `endpoint` is written before it is.
  struct alignas(64) Slot {
    std::uint64_t hash = 0;
    std::string_view name;  ///< here, or the endpoint's own
    char short_name[32];
    std::atomic<Endpoint*> endpoint{nullptr};
  };
  static_assert(sizeof(Slot) == 64);
  struct Table {
    explicit Table(std::size_t size) : mask(size - 1), slots(std::make_unique<Slot[]>(size)) {}

    const std::size_t mask;
    const std::unique_ptr<Slot[]> slots;
  };

  /// What a thread has found last. The name is the slot's or the endpoint's own.
  struct Found {
    std::uint64_t directory;  ///< by its number, as another may stand where an ended one stood
    std::string_view name;
    Endpoint* endpoint;
  };
  static inline constinit thread_local Found found_{};

  static void insert(Table& table, Endpoint& endpoint) noexcept;

  const std::uint64_t id_;  ///< never used again, counted from 1
  std::atomic<const Table*> current_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<Endpoint*> in_order_;
};

}  // namespace keypool::pool
