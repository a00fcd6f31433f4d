#include "tests/service/calls.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <sys/resource.h>

namespace keypool::test {

namespace {

/// Each call takes a descriptor here, and another one where the simulated provider is in the same
/// process.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

Calls::Calls(std::size_t count, const http::Fetch& fetch) {
  allow_many_files();
  const auto note = [this](const std::exception_ptr& failed,
                           std::expected<http::Answer, http::FetchError> answer) {
    ++ended_[failed == nullptr && answer ? answer->status : 0];
  };
  for (std::size_t i = 0; i < count; ++i) {
    boost::asio::co_spawn(io_, http::async_fetch(fetch), note);
  }
  thread_ = std::thread([this] { io_.run(); });
}

Calls::~Calls() {
  if (thread_.joinable()) thread_.join();
}

std::map<int, std::size_t> Calls::ended() {
  thread_.join();
  return ended_;
}

Callers::Callers(std::size_t count, const http::Fetch& fetch) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, fetch] {
      while (!stop_) {
        const auto answer = http::fetch(fetch);
        ++(answer && answer->status == 200 ? answered_ : failed_);
      }
    });
  }
}

Callers::~Callers() { stop(); }

void Callers::stop() {
  stop_ = true;
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace keypool::test
