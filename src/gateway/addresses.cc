#include "gateway/addresses.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace keypool::gateway {
namespace {

// The resolver hands no time to live on; providers' own is a minute or more.
constexpr std::chrono::seconds kFresh{60};

}  // namespace

std::vector<asio::ip::tcp::endpoint> interleave(const std::vector<asio::ip::tcp::endpoint>& found) {
  std::vector<asio::ip::tcp::endpoint> first;
  std::vector<asio::ip::tcp::endpoint> other;
  for (const auto& address : found) {
    (address.protocol() == found.front().protocol() ? first : other).push_back(address);
  }
  std::vector<asio::ip::tcp::endpoint> mixed;
  for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < other.size()) mixed.push_back(other[i]);
  }
  return mixed;
}

Addresses::Addresses(asio::io_context& io, std::string host, std::uint16_t port)
    : host_(std::move(host)), port_(port), resolver_(io) {
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(host_, not_an_address);
  if (!not_an_address) {
    known_.emplace_back(address, port_);
    literal_ = true;
    doubt();
  }
}

void Addresses::want(MonotonicTime now) {
  if (looking_ || now < fresh_until_) return;
  looking_ = true;
  auto found = [self = shared_from_this(), now](const boost::system::error_code& error,
                                                Resolver::results_type results) {
    self->looking_ = false;
    if (error) {
      self->trouble_ = fmt::format("{}: {}", self->host_, error.message());
    } else {
      std::vector<asio::ip::tcp::endpoint> addresses;
      for (const auto& entry : results) addresses.push_back(entry.endpoint());
      self->known_ = interleave(addresses);
      self->trouble_.clear();
      self->fresh_until_ = now + kFresh;
    }
    for (const auto& waiting : std::exchange(self->waiting_, {})) {
      if (const auto signal = waiting.lock()) signal->notify();
    }
  };
  resolver_.async_resolve(host_, std::to_string(port_), asio::ip::resolver_base::numeric_service,
                          std::move(found));
}

void Addresses::stop() { resolver_.cancel(); }

}  // namespace keypool::gateway
