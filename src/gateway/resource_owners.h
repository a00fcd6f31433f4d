#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace keypool::gateway {

/// Whose account made what providers keep: files, batches, stored responses, … Calls that name such
/// a thing go back to the quota group of the key that made it.
///
/// Thread-safety: every member may be called from any thread at any time, and should be short.
class ResourceOwners {
 public:
  virtual ~ResourceOwners() = default;

  /// The name of the key that made `id` at the endpoint; empty: not known.
  [[nodiscard]] virtual std::string key_of(std::string_view endpoint, std::string_view id) = 0;

  virtual void remember(std::string_view endpoint, std::span<const std::string> ids,
                        std::string_view key) = 0;
};

/// Remembers for as long as it lives, and no more than `most`: what was not asked for longest is
/// forgotten first.
class OwnersInMemory final : public ResourceOwners {
 public:
  static constexpr std::size_t kMost = 100'000;

  explicit OwnersInMemory(std::size_t most = kMost) : most_(most) {}

  [[nodiscard]] std::string key_of(std::string_view endpoint, std::string_view id) override;
  void remember(std::string_view endpoint, std::span<const std::string> ids,
                std::string_view key) override;

 private:
  using Entry = std::pair<std::string, std::string>;  // what, and the key that made it

  const std::size_t most_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // what was asked for last comes first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> places_;  // views into entries_
};

}  // namespace keypool::gateway
