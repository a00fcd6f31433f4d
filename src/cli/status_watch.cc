#include "cli/status_watch.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <keypool/clock.h>

#include "cli/admin_client.h"
#include "cli/exit_code.h"
#include "cli/key_changes.h"
#include "cli/process.h"
#include "cli/screen.h"
#include "cli/watch_view.h"

namespace keypool::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kEvery{1'000};

/// A gateway that takes longer counts as gone for the moment, so that `q` is never far.
constexpr milliseconds kPatience{1'000};

template <class Read>
auto ask(const config::Listen& address, const std::string& target, Read read)
    -> decltype(read(std::string_view())) {
  const auto body = ask_admin(address, target, kPatience);
  if (!body) return std::unexpected(body.error().substr(0, body.error().find('\n')));
  return read(*body);
}

/// The signals that matter to whoever has changed the terminal, one at a time.
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP}) {
      sigaddset(&set, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// 0: none has come.
  [[nodiscard]] int take() const {
    signalfd_siginfo info{};
    return ::read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                  : 0;
  }

 private:
  int descriptor_ = -1;
};

/// What the user wants, read from the keys pressed.
enum class Wish { nothing, leave, up, down, page_up, page_down, first, last, sort };

Wish wish_of(std::string_view keys) {
  if (keys == "q" || keys == "Q" || keys == "\x04") return Wish::leave;
  if (keys == "k" || keys == "\x1b[A" || keys == "\x1bOA") return Wish::up;
  if (keys == "j" || keys == "\x1b[B" || keys == "\x1bOB") return Wish::down;
  if (keys == "\x1b[5~") return Wish::page_up;
  if (keys == " " || keys == "\x1b[6~") return Wish::page_down;
  if (keys == "g" || keys == "\x1b[H" || keys == "\x1b[1~") return Wish::first;
  if (keys == "G" || keys == "\x1b[F" || keys == "\x1b[4~") return Wish::last;
  if (keys == "s") return Wish::sort;
  return Wish::nothing;
}

struct Order {
  const char* word;   ///< for the reader
  const char* query;  ///< for the API
};
constexpr std::array kOrders{
    Order{"configuration", "sort=registration"}, Order{"headroom", "sort=headroom"},
    Order{"state", "sort=state&order=desc"}, Order{"load", "sort=load&order=desc"},
    Order{"rate limits", "sort=rate_limits&order=desc"}};

class Watch {
 public:
  explicit Watch(const config::Listen& address) : address_(address) {
    moment_.address = "http://" + address.text();
  }

  /// Asks the gateway anew; what it does not answer stays as it was.
  void refresh(std::size_t rows) {
    const auto overview = ask(address_, "/api/v1/overview", read_overview);
    if (!overview) {
      moment_.trouble = overview.error();
      return;
    }
    moment_.overview = *overview;
    moment_.rates = pace_.rates(overview->calls, system_clock().now());
    const Order& order = kOrders[order_];
    moment_.sorted_by = order.word;
    shown_ = rows_for_keys(moment_, rows);
    auto page =
        ask(address_,
            fmt::format("/api/v1/keys?{}&offset={}&limit={}", order.query, moment_.offset, shown_),
            key_page);
    moment_.trouble = page ? "" : page.error();
    if (page) moment_.page = std::move(*page);
  }

  /// False: the user wants to leave.
  [[nodiscard]] bool obey(Wish wish) {
    const std::size_t total = moment_.page.total;
    const std::size_t last = total > shown_ ? total - shown_ : 0;
    std::size_t& offset = moment_.offset;
    switch (wish) {
      case Wish::nothing:
        return true;
      case Wish::leave:
        return false;
      case Wish::up:
        offset -= std::min<std::size_t>(offset, 1);
        return true;
      case Wish::down:
        offset = std::min(offset + 1, last);
        return true;
      case Wish::page_up:
        offset -= std::min(offset, shown_);
        return true;
      case Wish::page_down:
        offset = std::min(offset + shown_, last);
        return true;
      case Wish::first:
        offset = 0;
        return true;
      case Wish::last:
        offset = last;
        return true;
      case Wish::sort:
        order_ = (order_ + 1) % kOrders.size();
        offset = 0;
        return true;
    }
    return true;
  }

  [[nodiscard]] const WatchMoment& moment() const noexcept { return moment_; }

 private:
  const config::Listen& address_;
  WatchMoment moment_;
  Pace pace_;
  std::size_t order_ = 0;
  std::size_t shown_ = 1;
};

/// Until `due`, a key or a signal; what of the two came.
struct Woken {
  bool key = false;
  bool signal = false;
};

Woken wait_until(MonotonicTime due, int keys, const Signals& signals) {
  std::array<pollfd, 2> sources{pollfd{signals.descriptor(), POLLIN, 0}, pollfd{keys, POLLIN, 0}};
  const auto left = std::chrono::ceil<milliseconds>(
      std::max(due - system_clock().now(), MonotonicTime::duration(0)));
  if (::poll(sources.data(), sources.size(), static_cast<int>(left.count())) <= 0) return {};
  return {.key = sources[1].revents != 0, .signal = sources[0].revents != 0};
}

/// As the shell expects of a program that is told to stop: gives the terminal back first.
void stop_for_a_while(Screen& screen) {
  screen.leave();
  ::raise(SIGSTOP);
  screen.enter();
}

/// A pipe whose other end is gone.
bool nobody_reads(int descriptor) {
  pollfd out{descriptor, 0, 0};
  return ::poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

int not_there(const std::string& why) {
  fmt::print(stderr,
             "keypool: {}\n  Start one with `keypool serve`, or say where its admin API is with "
             "--admin URL.\n",
             why);
  return kFailed;
}

}  // namespace

int watch_on_screen(const config::Listen& address) {
  const Signals signals;
  Watch watch(address);
  watch.refresh(24);
  if (!watch.moment().trouble.empty()) return not_there(watch.moment().trouble);

  int keys = ::isatty(STDIN_FILENO) != 0 ? STDIN_FILENO : -1;
  Screen screen(STDIN_FILENO, STDOUT_FILENO);
  const Clock& clock = system_clock();
  MonotonicTime due = clock.now();
  for (;;) {
    if (clock.now() >= due) {
      watch.refresh(screen.rows());
      due = clock.now() + kEvery;
    }
    screen.draw(watch_frame(watch.moment(), screen.terminal(), screen.rows()));

    const Woken woken = wait_until(due, keys, signals);
    if (woken.key) {
      std::array<char, 64> pressed;
      const ssize_t size = ::read(keys, pressed.data(), pressed.size());
      if (size <= 0) keys = -1;  // nobody is there to press one; a signal still ends it
      if (size > 0 && !watch.obey(wish_of({pressed.data(), static_cast<std::size_t>(size)}))) {
        return kGood;
      }
      due = clock.now();
    }
    if (!woken.signal) continue;
    const int number = signals.take();
    if (number == SIGTSTP) {
      stop_for_a_while(screen);
    } else if (number != SIGWINCH && number != 0) {
      return kGood;
    }
    due = clock.now();
  }
}

int watch_as_lines(const config::Listen& address, bool json) {
  const StopSignals stop;
  // Those that are ready are not worth telling, and may be many.
  const std::string target =
      "/api/v1/keys?state=cooling,depleted,invalid,disabled,draining&limit=100000";
  KeyChanges changes;
  const auto tell = [json](const std::vector<KeyEvent>& events) {
    for (const KeyEvent& event : events) {
      fmt::print("{}\n", json ? event_json(event) : event_text(event));
    }
    return std::fflush(stdout) == 0;  // false: nobody reads it any more
  };
  for (bool first = true;; first = false) {
    const auto overview = ask(address, "/api/v1/overview", read_overview);
    const auto page = ask(address, target, key_page);
    const WallTime now = system_clock().wall();
    if (overview && page) {
      if (!tell(changes.seen(*overview, page->keys, now))) return kGood;
    } else {
      const std::string& why = overview ? page.error() : overview.error();
      if (first) return not_there(why);
      if (!tell(changes.lost(why, now))) return kGood;
    }
    if (stop.wait_for(kEvery) || nobody_reads(STDOUT_FILENO)) return kGood;
  }
}

}  // namespace keypool::cli
