#include "cli/process.h"

#include <cerrno>

#include <sys/prctl.h>
#include <sys/resource.h>

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

StopSignals::StopSignals() noexcept {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignals::wait() const noexcept {
  int signal = 0;
  ::sigwait(&signals_, &signal);
}

bool StopSignals::wait_for(std::chrono::nanoseconds limit) const noexcept {
  using std::chrono::duration_cast;
  const auto seconds = duration_cast<std::chrono::seconds>(limit);
  const timespec time{seconds.count(), (limit - seconds).count()};
  return ::sigtimedwait(&signals_, nullptr, &time) > 0;
}

void StopSignals::let_the_next_kill() const noexcept {
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

}  // namespace keypool::cli
