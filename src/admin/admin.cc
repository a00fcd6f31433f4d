#include "admin/admin.h"

#include <atomic>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <spdlog/spdlog.h>

#include "admin/api.h"
#include "http/server.h"

namespace keypool::admin {
namespace {

/// Admin requests carry no body worth reading.
constexpr std::uint64_t kBodyBytes = 64 * 1024;

struct Handler {
  Subject subject;

  boost::asio::awaitable<void> operator()(const http::Request& request,
                                          http::Responder& responder) const {
    http::Answer answered = answer(request, subject);
    co_await responder.send(std::move(answered));
  }
};

}  // namespace

class Admin::State {
 public:
  State(const config::Config& config, KeyPool& pool, const Clock& clock)
      : listen_(config.admin),
        server_(io_, Handler{{config, pool, clock, [this] { return stopping_.load(); }}},
                {.body_bytes = kBodyBytes, .on_error = [](std::string_view what) {
                   spdlog::error("admin: a request failed: {}", what);
                 }}) {}

  ~State() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::expected<void, std::string> start() {
    if (auto port = server_.listen(listen_.host, listen_.port); !port) {
      return std::unexpected(std::move(port.error()));
    }
    thread_ = std::thread([this] { io_.run(); });
    return {};
  }

  std::uint16_t port() const noexcept { return server_.port(); }
  void announce_stop() noexcept { stopping_ = true; }

 private:
  const config::Listen listen_;
  std::atomic<bool> stopping_{false};
  boost::asio::io_context io_{1};
  http::Server server_;
  std::thread thread_;
};

Admin::Admin(const config::Config& config, KeyPool& pool, const Clock& clock)
    : state_(std::make_unique<State>(config, pool, clock)) {}
Admin::~Admin() = default;

std::expected<void, std::string> Admin::start() { return state_->start(); }
std::uint16_t Admin::port() const noexcept { return state_->port(); }
void Admin::announce_stop() noexcept { state_->announce_stop(); }

}  // namespace keypool::admin
