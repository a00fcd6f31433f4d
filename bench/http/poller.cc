#include "bench/http/poller.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/prctl.h>
#include <unistd.h>

namespace keypool::bench {
namespace {

using std::chrono::seconds;

timespec left_until(Moment moment) {
  const nanoseconds left = std::max(nanoseconds(0), nanoseconds(moment - now()));
  const auto whole = std::chrono::duration_cast<seconds>(left);
  return {.tv_sec = whole.count(), .tv_nsec = (left - whole).count()};
}

}  // namespace

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  // The kernel rounds a thread's waits by 50 µs unless told otherwise: too coarse for an open loop.
  prctl(PR_SET_TIMERSLACK, 1);
}

Poller::~Poller() { close(fd_); }

void Poller::add(int fd, std::uint64_t tag) {
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.u64 = tag}};
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void Poller::watch_writable(int fd, std::uint64_t tag, bool on) {
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.u64 = tag}};
  if (on) event.events |= EPOLLOUT;
  epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event);
}

std::span<const Ready> Poller::wait(std::optional<Moment> until) {
  timespec left{};
  if (until) left = left_until(*until);
  const int count = epoll_pwait2(fd_, events_.data(), kBatch, until ? &left : nullptr, nullptr);
  if (count < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "epoll_pwait2 (Linux 5.11 or newer)");
  }
  const auto filled = static_cast<std::size_t>(std::max(count, 0));
  for (std::size_t i = 0; i < filled; ++i) {
    const std::uint32_t events = events_[i].events;
    ready_[i] = {.tag = events_[i].data.u64,
                 .readable = (events & ~std::uint32_t{EPOLLOUT}) != 0,
                 .writable = (events & EPOLLOUT) != 0};
  }
  return {ready_.data(), filled};
}

}  // namespace keypool::bench
