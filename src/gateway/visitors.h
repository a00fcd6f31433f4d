#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace keypool::gateway {

/// Who is connected, counted by address, so that no client takes the places of all others. IPv6
/// clients count by network: who has one address of a /64 has all of them.
///
/// Thread-safety: any thread. Lifetime: longer than its visits.
class Visitors {
 public:
  /// One client's stay; ends with the object.
  class Visit {
   public:
    Visit(Visit&& other) noexcept
        : visitors_(std::exchange(other.visitors_, nullptr)),
          from_(other.from_),
          welcome_(other.welcome_) {}
    Visit& operator=(Visit&&) = delete;
    ~Visit() {
      if (visitors_ != nullptr) visitors_->leave(from_);
    }

    /// False: its address has had its share of places already. It may stay only to be told so.
    [[nodiscard]] bool welcome() const noexcept { return welcome_; }

   private:
    friend class Visitors;
    Visit(Visitors& visitors, boost::asio::ip::address from, bool welcome)
        : visitors_(&visitors), from_(std::move(from)), welcome_(welcome) {}

    Visitors* visitors_;
    boost::asio::ip::address from_;
    bool welcome_;
  };

  /// Of one address no more than `kMostUnwelcome` above its share are let in.
  static constexpr std::size_t kMostUnwelcome = 16;

  /// `most_per_client` 0: as many as there are places.
  Visitors(std::size_t most, std::size_t most_per_client)
      : most_(most), most_per_client_(most_per_client == 0 ? most : most_per_client) {}
  Visitors(const Visitors&) = delete;
  Visitors& operator=(const Visitors&) = delete;

  /// Whether all places are taken.
  [[nodiscard]] bool full() const noexcept { return count_.load() >= most_; }

  /// Nothing: not even to be told that it is too much.
  [[nodiscard]] std::optional<Visit> enter(const boost::asio::ip::address& from);

 private:
  void leave(const boost::asio::ip::address& from) noexcept;

  const std::size_t most_;
  const std::size_t most_per_client_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::map<boost::asio::ip::address, std::size_t> by_client_;  // guarded by mutex_
};

}  // namespace keypool::gateway
