#include "cli/process.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace keypool::cli {

void harden_process() noexcept {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);

  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::StopSignals(std::initializer_list<int> others) noexcept {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  for (const int other : others) sigaddset(&signals_, other);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int StopSignals::wait() const noexcept {
  int signal = 0;
  ::sigwait(&signals_, &signal);
  return signal;
}

bool StopSignals::wait_for(std::chrono::nanoseconds limit) const noexcept {
  using std::chrono::duration_cast;
  const auto seconds = duration_cast<std::chrono::seconds>(limit);
  const timespec time{seconds.count(), (limit - seconds).count()};
  return ::sigtimedwait(&signals_, nullptr, &time) > 0;
}

void StopSignals::let_the_next_kill() const noexcept {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  ::pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
}

namespace {

/// Only a process that has a controlling terminal can open it by this name.
bool has_terminal() noexcept {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return false;
  ::close(terminal);
  return true;
}

}  // namespace

OwnTerminal::OwnTerminal() noexcept : there_(has_terminal()) {}

bool OwnTerminal::gone() const noexcept { return there_ && !has_terminal(); }

}  // namespace keypool::cli
