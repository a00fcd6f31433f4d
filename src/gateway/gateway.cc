#include "gateway/gateway.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/acceptor.h"
#include "gateway/due_timer.h"
#include "gateway/reactor.h"
#include "gateway/site.h"

namespace keypool::gateway {

namespace {

using Reactors = std::vector<std::unique_ptr<Reactor>>;

Reactors make_reactors(Site& site, const config::Config& config) {
  const int wanted = config.threads;
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  Reactors reactors(wanted > 0 ? static_cast<std::size_t>(wanted) : cores);
  const auto rules = site.make_rules(config);
  for (auto& reactor : reactors) reactor = std::make_unique<Reactor>(site, rules);
  return reactors;
}

}  // namespace

class Gateway::State {
 public:
  State(const config::Config& config, KeyPool& pool, const GatewayParts& parts)
      : listen_(config.listen),
        site_(pool, parts, config.listen_tls),
        reactors_(make_reactors(site_, config)),
        due_timer_(reactors_.front()->io(), pool, site_.clock),
        acceptor_(reactors_) {}

  std::expected<void, std::string> start() {
    auto port = acceptor_.listen(listen_);
    if (!port) return std::unexpected(port.error());
    port_ = *port;
    for (const auto& reactor : reactors_) reactor->start();
    running_ = true;
    return {};
  }

  bool reload(const config::Config& config, const std::function<void()>& change_keys) {
    const std::lock_guard lock(changing_);
    if (!running_) return false;
    const auto rules = site_.make_rules(config);
    on_each([&rules](Reactor& reactor) {
      reactor.pause();
      reactor.follow(rules);
    });
    change_keys();
    on_each([](Reactor& reactor) { reactor.resume(); });
    return true;
  }

  std::size_t drain(std::chrono::milliseconds grace) {
    {
      const std::lock_guard lock(changing_);
      if (!running_) return 0;
      running_ = false;
    }
    on_each([this](Reactor& reactor) {
      if (&reactor == reactors_.front().get()) acceptor_.close();
    });
    on_each([](Reactor& reactor) { reactor.drain(); });
    std::size_t cut_off = 0;
    if (!site_.wait_for_all_to_go(grace)) {
      cut_off = site_.counters.calls.load();
      on_each([](Reactor& reactor) { reactor.cut(); });
      while (!site_.wait_for_all_to_go(std::chrono::seconds{1})) {
      }
    }
    for (const auto& reactor : reactors_) reactor->stop();
    return cut_off;
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const Counters& counters() const noexcept { return site_.counters; }
  [[nodiscard]] const CallLog& calls() const noexcept { return site_.calls; }

 private:
  // Runs it on each reactor's thread, one after another, and waits for it.
  template <class Do>
  void on_each(Do what) {
    for (const auto& reactor : reactors_) {
      std::promise<void> done;
      asio::post(reactor->io(), [&] {
        what(*reactor);
        done.set_value();
      });
      done.get_future().wait();
    }
  }

  const config::Listen listen_;
  Site site_;
  Reactors reactors_;
  DueTimer due_timer_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::mutex changing_;
  bool running_ = false;  // under `changing_`
};

Gateway::Gateway(const config::Config& config, KeyPool& pool, const GatewayParts& parts)
    : state_(std::make_unique<State>(config, pool, parts)) {}

Gateway::~Gateway() { drain(std::chrono::milliseconds{0}); }

std::expected<void, std::string> Gateway::start() { return state_->start(); }

std::uint16_t Gateway::port() const noexcept { return state_->port(); }

std::size_t Gateway::in_flight() const noexcept {
  return state_->counters().calls.load(std::memory_order_relaxed);
}

const Counters& Gateway::counters() const noexcept { return state_->counters(); }

std::vector<state::CallRecord> Gateway::calls(const state::CallQuestion& question) const {
  return state_->calls().read(question);
}

bool Gateway::reload(const config::Config& config, const std::function<void()>& change_keys) {
  return state_->reload(config, change_keys);
}

std::size_t Gateway::drain(std::chrono::milliseconds grace) { return state_->drain(grace); }

}  // namespace keypool::gateway
