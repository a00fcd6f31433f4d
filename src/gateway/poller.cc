#include "gateway/poller.h"

#include <cerrno>

#include <boost/system/system_error.hpp>

namespace keypool::gateway {
namespace {

int new_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) {
    throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
  }
  return descriptor;
}

}  // namespace

Poller::Poller(asio::io_context& io) : epoll_(io, new_epoll()) { wait(); }

bool Poller::watch(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watched;
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Poller::forget(const Watched& watched) noexcept {
  for (std::size_t i = next_; i < end_; ++i) {
    if (found_[i].data.ptr == &watched) found_[i].data.ptr = nullptr;
  }
}

void Poller::wait() {
  epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error) return;
                      tell();
                      wait();
                    });
}

void Poller::tell() {
  const int count =
      ::epoll_wait(epoll_.native_handle(), found_.data(), static_cast<int>(found_.size()), 0);
  next_ = 0;
  end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  while (next_ < end_) {
    const auto& event = found_[next_++];
    if (event.data.ptr != nullptr) static_cast<Watched*>(event.data.ptr)->ready(event.events);
  }
}

void Poller::close() {
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

}  // namespace keypool::gateway
