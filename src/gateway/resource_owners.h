#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <keypool/clock.h>

#include "state/sticky.h"

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

/// Remembers for `kKept` after each mention, and no more than `most`: what was not mentioned for
/// longest is forgotten first. Somebody may write down what is new, and give it back to the next
/// process.
class OwnersInMemory final : public ResourceOwners {
 public:
  static constexpr std::size_t kMost = 100'000;

  /// Longer than providers keep what they delete by themselves; files stay until somebody deletes
  /// them, and whoever still uses one mentions it.
  static constexpr std::chrono::days kKept{90};

  explicit OwnersInMemory(const Clock& clock = system_clock(), std::size_t most = kMost)
      : clock_(clock), most_(most) {}

  [[nodiscard]] std::string key_of(std::string_view endpoint, std::string_view id) override;
  void remember(std::string_view endpoint, std::span<const std::string> ids,
                std::string_view key) override;

  /// Puts in place what an earlier process wrote down, those that last longest first.
  void restore(const std::vector<state::StickyId>& ids);

  /// What has come to be known, or to last a day longer, since the last time.
  [[nodiscard]] std::vector<state::StickyId> take_news();

  /// What was taken could not be written down: it is news again.
  void give_back(const std::vector<state::StickyId>& news);

  /// Nothing is written down any more.
  void make_all_news();

 private:
  struct Entry {
    std::string name;  ///< `endpoint/id`
    std::size_t endpoint_size;
    std::string key;
    WallTime expires;
    bool is_news;
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] Entries::iterator find(std::string_view endpoint, std::string_view id);
  void mention(Entries::iterator entry);
  void add(std::string_view endpoint, std::string_view id, std::string_view key, WallTime expires,
           bool is_news);
  void forget(Entries::iterator entry);

  const Clock& clock_;
  const std::size_t most_;
  std::mutex mutex_;
  Entries entries_;  // what was mentioned last comes first
  std::unordered_map<std::string_view, Entries::iterator> places_;  // views into entries_
  std::size_t news_ = 0;                                            // entries that are
};

}  // namespace keypool::gateway
