#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <keypool/clock.h>

#include "gateway/signal.h"

namespace keypool::gateway {

/// The addresses of one host, looked up when needed and kept for a while. While a new look-up runs,
/// or fails, the addresses of the last one stay in use.
///
/// Thread-safety: the reactor's thread only. Lifetime: shared with the look-up under way.
class Addresses : public std::enable_shared_from_this<Addresses> {
 public:
  Addresses(asio::io_context& io, std::string host, std::uint16_t port);

  /// Looks up unless what is known is fresh.
  void want(MonotonicTime now);

  /// IPv6 and IPv4 in turn, the resolver's first choice first. Empty: none found yet.
  [[nodiscard]] const std::vector<asio::ip::tcp::endpoint>& known() const noexcept {
    return known_;
  }

  /// Whether a look-up runs; `tell` has a signal notified at its end.
  [[nodiscard]] bool looking() const noexcept { return looking_; }
  void tell(const std::shared_ptr<Signal>& signal) { waiting_.emplace_back(signal); }

  /// Why the last look-up failed; empty when it did not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

  /// None of the addresses answered: look again before the next use.
  void doubt() noexcept { fresh_until_ = literal_ ? MonotonicTime::max() : MonotonicTime::min(); }

  void stop();

 private:
  using Resolver = asio::ip::basic_resolver<asio::ip::tcp, asio::io_context::executor_type>;

  std::string host_;
  std::uint16_t port_;
  Resolver resolver_;
  std::vector<asio::ip::tcp::endpoint> known_;
  MonotonicTime fresh_until_ = MonotonicTime::min();
  bool literal_ = false;  // the host is an address itself
  bool looking_ = false;
  std::string trouble_;
  std::vector<std::weak_ptr<Signal>> waiting_;
};

/// IPv6 and IPv4 in turn, beginning with the family of the first; within a family in the order
/// given.
[[nodiscard]] std::vector<asio::ip::tcp::endpoint> interleave(
    const std::vector<asio::ip::tcp::endpoint>& found);

}  // namespace keypool::gateway
