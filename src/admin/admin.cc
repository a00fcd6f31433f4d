#include "admin/admin.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include "admin/api.h"
#include "admin/guard.h"
#include "admin/json_answer.h"
#include "admin/plan.h"
#include "admin/pulse.h"
#include "http/server.h"

namespace keypool::admin {
namespace {

/// A selection of some ten thousand keys.
constexpr std::uint64_t kBodyBytes = 4 * 1024 * 1024;

/// Each listener costs a connection; browsers open one a page.
constexpr std::size_t kMostListeners = 64;

/// How often a handler looks whether what it waits for is there.
constexpr std::chrono::milliseconds kLook{20};

/// Counts who listens to the events.
class Listener {
 public:
  explicit Listener(std::size_t& count) noexcept : count_(count) { ++count_; }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { --count_; }

 private:
  std::size_t& count_;
};

/// A plan on its way from the thread that makes it.
class ToldPlan {
 public:
  void tell(PlanOutcome outcome) {
    outcome_ = std::move(outcome);
    known_.store(true, std::memory_order_release);
  }
  [[nodiscard]] bool known() const noexcept { return known_.load(std::memory_order_acquire); }
  [[nodiscard]] const PlanOutcome& outcome() const noexcept { return outcome_; }  ///< once known

 private:
  PlanOutcome outcome_;
  std::atomic<bool> known_{false};
};

/// Lives on the admin thread alone.
struct Desk {
  Subject subject;
  Pulse pulse{subject};
  std::size_t listeners = 0;
};

struct Handler {
  Desk* desk;

  boost::asio::awaitable<void> operator()(const http::Request& request,
                                          http::Responder& responder) const {
    http::Answer answered = answer(request, desk->subject);
    if (begins_plan(answered)) {
      co_await plan(request, responder);
    } else if (begins_reload(answered)) {
      co_await reload(responder);
    } else if (!begins_events(answered)) {
      co_await responder.send(std::move(answered));
    } else if (desk->listeners == kMostListeners) {
      http::Answer refused = error_answer(
          503, "too_many_listeners", "too many listen to the events already; close some of them");
      co_await responder.send(std::move(refused));
    } else {
      co_await tell(std::move(answered), responder);
    }
  }

  /// Answers with what was found, unless the reader leaves or the server stops before.
  boost::asio::awaitable<void> plan(const http::Request& request,
                                    http::Responder& responder) const {
    const auto told = std::make_shared<ToldPlan>();
    const auto question = read_plan_question(request.query());
    const auto then = [told](PlanOutcome outcome) { told->tell(std::move(outcome)); };
    const bool begun = question && desk->subject.plan(*question, then);
    if (!begun) {
      told->tell(std::unexpected(
          NoPlan{429, "plan_running", "a plan is being made already; ask again when it is done"}));
    }
    bool there = true;
    while (there && !told->known()) there = co_await responder.wait(kLook);
    if (!there) co_return;
    http::Answer outcome = plan_answer(told->outcome());
    for (http::Field& header : protective_headers()) outcome.headers.push_back(std::move(header));
    co_await responder.send(std::move(outcome));
  }

  /// Answers with what came of it, unless the reader leaves or the server stops before.
  boost::asio::awaitable<void> reload(http::Responder& responder) const {
    const auto outcome = std::make_shared<std::optional<http::Answer>>();
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto then = [outcome, executor](http::Answer answer) {
      boost::asio::post(executor, [outcome, answer = std::move(answer)]() mutable {
        *outcome = std::move(answer);
      });
    };
    desk->subject.reload(then);
    bool there = true;
    while (there && !*outcome) there = co_await responder.wait(kLook);
    if (!there) co_return;
    http::Answer answer = std::move(**outcome);
    for (http::Field& header : protective_headers()) answer.headers.push_back(std::move(header));
    co_await responder.send(std::move(answer));
  }

  /// Until the reader leaves or the server stops.
  boost::asio::awaitable<void> tell(http::Answer beginning, http::Responder& responder) const {
    const Listener listener(desk->listeners);
    http::AnswerHead head{.status = beginning.status, .headers = std::move(beginning.headers)};
    bool there = co_await responder.begin(std::move(head));
    if (there) there = co_await responder.write(beginning.body);
    while (there) {
      const std::string beat = desk->pulse.beat();
      there = co_await responder.write(beat);
      if (there) there = co_await responder.wait(Pulse::kEvery);
    }
  }
};

}  // namespace

class Admin::State {
 public:
  explicit State(Subject subject)
      : listen_(subject.config.admin),
        desk_{.subject = std::move(subject)},
        server_(io_, Handler{&desk_}, desk_.subject.clock,
                {.body_bytes = kBodyBytes, .on_error = [](std::string_view what) {
                   spdlog::error("admin: a request failed: {}", what);
                 }}) {
    desk_.subject.stopping = [this] { return stopping_.load(); };
    desk_.subject.audit = [](std::string_view line) { spdlog::info("admin: {}", line); };
  }

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
  void between_requests(std::function<void()> change) { boost::asio::post(io_, std::move(change)); }
  void announce_stop() noexcept { stopping_ = true; }

 private:
  const config::Listen listen_;
  std::atomic<bool> stopping_{false};
  Desk desk_;
  boost::asio::io_context io_{1};
  http::Server server_;
  std::thread thread_;
};

Admin::Admin(Subject subject) : state_(std::make_unique<State>(std::move(subject))) {}
Admin::~Admin() = default;

std::expected<void, std::string> Admin::start() { return state_->start(); }
std::uint16_t Admin::port() const noexcept { return state_->port(); }
void Admin::between_requests(std::function<void()> change) {
  state_->between_requests(std::move(change));
}
void Admin::announce_stop() noexcept { state_->announce_stop(); }

}  // namespace keypool::admin
