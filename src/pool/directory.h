#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

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

  [[nodiscard]] static std::uint64_t hash(std::string_view name) noexcept;

  /// Null when there is none of this name.
  [[nodiscard]] Endpoint* find(std::string_view name) const noexcept;

  /// `endpoint` must not be there yet.
  void add(Endpoint& endpoint);

  [[nodiscard]] const std::vector<Endpoint*>& in_order() const noexcept { return in_order_; }

 private:
  struct Slot {
    std::atomic<std::uint64_t> hash{0};
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
