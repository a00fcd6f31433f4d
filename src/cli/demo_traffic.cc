#include "cli/demo_traffic.h"

#include <future>
#include <random>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "http/client.h"

namespace keypool::cli {

namespace asio = boost::asio;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

class DemoTraffic::State {
 public:
  explicit State(Plan plan)
      : plan_(std::move(plan)), random_(plan_.seed), gap_(plan_.calls_per_second) {
    asio::co_spawn(io_, arrive(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  ~State() {
    io_.stop();
    thread_.join();
  }

  void stop_arrivals() {
    std::promise<void> stopped;
    asio::post(io_, [this, &stopped] {
      stopped_ = true;
      next_.cancel();
      stopped.set_value();
    });
    stopped.get_future().wait();
  }

  Counts counts() const noexcept {
    // The parts first: a call that ends meanwhile must not make more ends than beginnings.
    Counts counts{.calls = 0, .answered = answered_, .failed = failed_};
    counts.calls = calls_;
    return counts;
  }

  const std::vector<nanoseconds>& arrivals() const noexcept { return arrivals_; }

 private:
  asio::awaitable<void> arrive() {
    const auto start = steady_clock::now();
    auto due = start;
    while (!stopped_) {
      due += std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(gap_(random_)));
      next_.expires_at(due);
      boost::system::error_code cancelled;
      co_await next_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
      if (stopped_) break;
      arrivals_.push_back(due - start);
      ++calls_;
      asio::co_spawn(io_, call(), asio::detached);
    }
  }

  asio::awaitable<void> call() {
    const http::Fetch fetch{
        .port = plan_.port,
        .method = "POST",
        .target = plan_.target,
        .headers = {{"content-type", "application/json"}},
        .body = fmt::format(
            R"({{"model": "{}", "messages": [{{"role": "user", "content": "Tell me a story."}}]}})",
            plan_.model)};
    const auto answer = co_await http::async_fetch(fetch);
    ++(answer && answer->status == 200 ? answered_ : failed_);
  }

  const Plan plan_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::vector<nanoseconds> arrivals_;
  bool stopped_ = false;
  asio::io_context io_{1};
  asio::steady_timer next_{io_};
  std::thread thread_;
};

DemoTraffic::DemoTraffic(Plan plan) : state_(std::make_unique<State>(std::move(plan))) {}
DemoTraffic::~DemoTraffic() = default;

void DemoTraffic::stop_arrivals() { state_->stop_arrivals(); }
DemoTraffic::Counts DemoTraffic::counts() const noexcept { return state_->counts(); }
const std::vector<nanoseconds>& DemoTraffic::arrivals() const noexcept {
  return state_->arrivals();
}

}  // namespace keypool::cli
