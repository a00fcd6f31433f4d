#include "gateway/visitors.h"

#include <algorithm>

#include <boost/asio/ip/address_v6.hpp>

namespace keypool::gateway {
namespace {

namespace ip = boost::asio::ip;

// Whom an address stands for.
ip::address client_of(const ip::address& address) {
  if (address.is_v4()) return address;
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), 0);
  return ip::address_v6(bytes);
}

}  // namespace

std::optional<Visitors::Visit> Visitors::enter(const ip::address& from) {
  const auto client = client_of(from);
  const std::lock_guard lock(mutex_);
  auto& here = by_client_[client];
  if (here >= most_per_client_ + kMostUnwelcome) return std::nullopt;
  ++here;
  ++count_;
  return Visit(*this, client, here <= most_per_client_);
}

void Visitors::leave(const ip::address& from) noexcept {
  const std::lock_guard lock(mutex_);
  const auto client = by_client_.find(from);
  if (--client->second == 0) by_client_.erase(client);
  --count_;
}

}  // namespace keypool::gateway
