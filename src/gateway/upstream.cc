#include "gateway/upstream.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "gateway/request_head.h"

namespace keypool::gateway {
namespace {

// Kept connections of one endpoint and reactor, and how long one waits for its next request.
// Servers close after 60 s and more; the one that goes first should be us.
constexpr std::size_t kMostKept = 256;
constexpr std::chrono::seconds kKeptTime{50};

// How long an address may take before the next one is tried beside it (RFC 8305 §5).
constexpr std::chrono::milliseconds kHeadStart{250};

std::string name(const asio::ip::tcp::endpoint& address) {
  return address.protocol() == asio::ip::tcp::v6()
             ? fmt::format("[{}]:{}", address.address().to_string(), address.port())
             : fmt::format("{}:{}", address.address().to_string(), address.port());
}

std::unexpected<ConnectFailure> unreachable(std::string what) {
  return std::unexpected(ConnectFailure{ConnectFailure::Kind::unreachable, std::move(what)});
}

}  // namespace

Upstream::Upstream(asio::io_context& io, Poller& poller, Deadlines& deadlines,
                   const config::Endpoint& endpoint, const config::Limits& limits,
                   std::shared_ptr<const TlsClient> tls)
    : io_(io),
      poller_(poller),
      deadlines_(deadlines),
      name_(endpoint.name),
      url_(endpoint.base_url),
      ca_(endpoint.ca),
      connect_time_(limits.connect_time),
      tls_(std::move(tls)),
      authority_(gateway::authority(url_)),
      addresses_(std::make_shared<Addresses>(io, url_.host, url_.port)) {}

bool Upstream::serves(const config::Endpoint& endpoint, const config::Limits& limits) const {
  return name_ == endpoint.name && url_ == endpoint.base_url && ca_ == endpoint.ca &&
         connect_time_ == limits.connect_time;
}

std::shared_ptr<Connection> Upstream::take_kept() {
  while (!kept_.empty()) {
    const auto connection = std::move(kept_.back());
    kept_.pop_back();
    // Whatever came meanwhile, if not TLS's own affairs, was an end or is not an answer of ours.
    std::array<char, 1> byte;
    if (connection->read(byte).io != Io::wants_read) continue;
    connection->never_expire();
    return connection;
  }
  return nullptr;
}

void Upstream::keep(std::shared_ptr<Connection> connection) {
  connection->report_to(nullptr);
  if (!connection->open()) return;
  if (connection->tls() != nullptr) session_ = resumable_session(connection->tls());
  connection->expire_after(kKeptTime);
  if (kept_.size() == kMostKept) {
    std::erase_if(kept_, [](const auto& kept) { return !kept->open(); });
    if (kept_.size() == kMostKept) kept_.erase(kept_.begin());
  }
  kept_.push_back(std::move(connection));
}

Task<Upstream::Reached> Upstream::connect(Client& client) {
  const Alarm late(io_, client.signal(), connect_time_);
  Reached reached;
  const auto found = co_await look_up(client, late);
  if (found) {
    reached = co_await reach(client, late);
  } else {
    reached = std::unexpected(found.error());
  }
  if (reached && url_.tls) {
    auto connection = std::move(*reached);
    reached = co_await secure(client, late, std::move(connection));
  }
  note(reached);
  co_return reached;
}

// Says it once when the endpoint goes and once when it is back.
void Upstream::note(const Reached& reached) {
  if (!reached && reached.error().kind == ConnectFailure::Kind::client_left) return;
  const bool was_reachable = std::exchange(reachable_, reached.has_value());
  if (was_reachable && !reached) {
    spdlog::warn("endpoint {} cannot be reached: {}", name_, reached.error().what);
  } else if (!was_reachable && reached) {
    spdlog::info("endpoint {} can be reached again", name_);
  }
}

Task<std::expected<void, ConnectFailure>> Upstream::look_up(Client& client, const Alarm& late) {
  addresses_->want(deadlines_.now());
  while (addresses_->known().empty()) {
    if (!addresses_->looking()) {
      co_return unreachable(fmt::format("no address found for {}", addresses_->trouble()));
    }
    if (auto reason = give_up(client, late)) co_return std::unexpected(std::move(*reason));
    addresses_->tell(client.signal());
    co_await client.event();
  }
  co_return std::expected<void, ConnectFailure>();
}

Task<Upstream::Reached> Upstream::reach(Client& client, const Alarm& late) {
  struct Racer {
    asio::ip::tcp::endpoint address;
    std::shared_ptr<Connection> connection;
  };
  const auto addresses = addresses_->known();
  std::size_t next = 0;
  std::vector<Racer> racers;
  std::optional<Alarm> head_start;
  std::string trouble;
  for (;;) {
    for (auto racer = racers.begin(); racer != racers.end();) {
      if (racer->connection->connecting()) {
        ++racer;
        continue;
      }
      if (racer->connection->open()) co_return std::move(racer->connection);
      trouble = fmt::format("{}: {}", name(racer->address), racer->connection->trouble());
      racer = racers.erase(racer);
    }
    if (next < addresses.size() && (racers.empty() || head_start->rang())) {
      const auto connection = std::make_shared<Connection>(addresses[next], poller_, deadlines_);
      connection->report_to(client.signal().get());
      racers.push_back({addresses[next], connection});
      head_start.emplace(io_, client.signal(), kHeadStart);
      ++next;
      continue;  // it may have ended at once
    }
    if (racers.empty()) {
      addresses_->doubt();
      co_return unreachable(std::move(trouble));
    }
    if (auto reason = give_up(client, late)) {
      if (reason->kind == ConnectFailure::Kind::timed_out) addresses_->doubt();
      co_return std::unexpected(std::move(*reason));
    }
    co_await client.event();
  }
}

Task<Upstream::Reached> Upstream::secure(Client& client, const Alarm& late,
                                         std::shared_ptr<Connection> connection) {
  connection->begin_tls(*tls_, url_.host, session_.get());
  for (;;) {
    const auto io = connection->handshake();
    if (io == Io::moved) co_return connection;
    if (io == Io::broken || io == Io::end) {
      co_return unreachable(fmt::format("{}: {}", authority_, connection->trouble()));
    }
    if (auto reason = give_up(client, late)) co_return std::unexpected(std::move(*reason));
    co_await client.event();
  }
}

std::optional<ConnectFailure> Upstream::give_up(Client& client, const Alarm& late) {
  if (!client.here()) return ConnectFailure{ConnectFailure::Kind::client_left, {}};
  if (late.rang()) {
    return ConnectFailure{ConnectFailure::Kind::timed_out, "no connection within connect_time"};
  }
  return std::nullopt;
}

void Upstream::close() {
  addresses_->stop();
  kept_.clear();
}

}  // namespace keypool::gateway
