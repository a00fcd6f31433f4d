#include "gateway/reactor.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <pthread.h>
#include <spdlog/spdlog.h>

namespace keypool::gateway {
namespace {

constexpr std::chrono::milliseconds kTick{250};

// For how long a connection has no request before it gives way to others.
constexpr std::chrono::seconds kIdle{1};

// OpenSSL writes with write(2), which raises SIGPIPE where the other side has hung up. Blocked in
// this thread it stays without effect, and the rest of the process keeps the disposition it wants.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

Reactor::Reactor(Site& site, std::shared_ptr<const Rules> rules)
    : site_(site),
      tally_(site.ledger != nullptr ? &site.ledger->new_tally() : nullptr),
      calls_(site.calls.new_ring()),
      // Sockets and timers are this thread's alone; only `post` comes from others.
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(io_.get_executor()),
      poller_(io_),
      deadlines_(site.clock.now()),
      ticker_(io_) {
  follow(std::move(rules));
}

Reactor::~Reactor() { stop(); }

void Reactor::start() {
  tick();
  thread_ = std::thread([this] {
    block_sigpipe();
    io_.run();
  });
}

void Reactor::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    for (const auto& upstream : directions_->upstreams) upstream->close();
    ticker_.cancel();
    poller_.close();
    work_.reset();
    io_.stop();
  });
  thread_.join();
}

void Reactor::tick() {
  ticker_.expires_after(kTick);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    deadlines_.tick(site_.clock.now());
    tick();
  });
}

void Reactor::follow(std::shared_ptr<const Rules> rules) {
  const auto& config = rules->config;
  auto next = std::make_shared<Directions>();
  for (const auto& endpoint : config.endpoints) {
    std::shared_ptr<Upstream> upstream;
    if (directions_ != nullptr) {
      const auto same = std::ranges::find_if(directions_->upstreams, [&](const auto& known) {
        return known->serves(endpoint, config.limits);
      });
      if (same != directions_->upstreams.end()) upstream = *same;
    }
    if (upstream == nullptr) {
      upstream = std::make_shared<Upstream>(io_, poller_, deadlines_, endpoint, config.limits,
                                            rules->tls[next->upstreams.size()]);
    }
    next->upstreams.push_back(std::move(upstream));
    EndpointTimes<Times>*& times = times_[endpoint.name];
    if (times == nullptr) times = &site_.counters.new_times(endpoint.name);
    next->times.push_back(times);
  }
  limits_ = config.limits;
  next->rules = std::move(rules);
  directions_ = std::move(next);
}

void Reactor::resume() {
  paused_ = false;
  for (const auto& session : std::vector(sessions_.begin(), sessions_.end())) session->wake();
}

void Reactor::serve(int descriptor, Visitors::Visit visit) {
  auto connection = std::make_shared<Connection>(descriptor, poller_, deadlines_);
  if (draining_) return;
  auto session = std::make_shared<Session>(*this, std::move(connection), std::move(visit));
  sessions_.insert(session);
  site_.client_came();
  auto ended = [this, session](const std::exception_ptr& exception) {
    sessions_.erase(session);
    site_.client_went();
    if (!exception) return;
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      spdlog::error("a connection ended because of a mistake of keypool's: {}", error.what());
    }
  };
  asio::co_spawn(io_.get_executor(), Session::run(std::move(session)), std::move(ended));
}

void Reactor::close_idle() {
  for (const auto& session : std::vector(sessions_.begin(), sessions_.end())) {
    if (session->idle() && session->idle_since() + kIdle <= deadlines_.now()) session->cut();
  }
}

void Reactor::drain() {
  draining_ = true;
  for (const auto& session : std::vector(sessions_.begin(), sessions_.end())) {
    if (session->idle()) {
      session->cut();
    } else {
      session->wake();
    }
  }
}

void Reactor::cut() {
  for (const auto& session : std::vector(sessions_.begin(), sessions_.end())) session->cut();
}

}  // namespace keypool::gateway
