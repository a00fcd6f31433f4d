#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "state/figures.h"

namespace keypool::state {

/// What is counted apart, besides the hour.
struct Series {
  std::string endpoint;
  std::string key;
  std::string model;
  std::string client;

  friend auto operator<=>(const Series&, const Series&) = default;
};

/// One try of one call, at its end. Views need to live for the call they are passed to.
struct UsageRecord {
  std::string_view endpoint;
  std::string_view key;          ///< its name
  std::string_view model;        ///< empty: none named
  std::string_view client = {};  ///< empty: nobody in particular
  Figures figures = {};          ///< 1 at how it ended, tokens, cost
};

/// What one thread has counted since the ledger's writer last looked. Each thread of the data path
/// has one of its own, so that they never wait for each other; the writer takes what it holds in
/// small pieces.
///
/// Cost of `add`: one lock that nobody else wants for 999 of 1000 milliseconds, one hash of the
/// names, fifteen additions; memory is only asked for when a series is new.
///
/// Memory: at most `kMostSeries` series; what is new beyond them is counted without its model and
/// client, so that names made up by callers cannot fill it.
class Tally {
 public:
  static constexpr std::size_t kMostSeries = 65'536;

  Tally() = default;
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  /// Never throws: where memory is out, the record is lost.
  void add(const UsageRecord& record) noexcept;

  /// Adds to `all` what was counted since the last time, and counts from zero again. Series that
  /// were not used meanwhile are forgotten once there are many.
  void move_into(std::map<Series, Figures>& all);

 private:
  struct Names {
    std::string_view endpoint, key, model, client;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Names& names) const noexcept;
    std::size_t operator()(const Series& series) const noexcept;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Series& a, const Series& b) const noexcept { return a == b; }
    bool operator()(const Names& a, const Series& b) const noexcept;
    bool operator()(const Series& a, const Names& b) const noexcept { return (*this)(b, a); }
  };
  struct Count {
    Figures figures;
    bool waiting = false;  ///< in `waiting_`
  };
  using Counts = std::unordered_map<Series, Count, Hash, Equal>;

  [[nodiscard]] Counts::value_type& find(const UsageRecord& record);

  std::mutex mutex_;
  Counts counts_;
  std::vector<Counts::value_type*> waiting_;  // those with something to take
};

}  // namespace keypool::state
