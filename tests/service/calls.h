#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "http/client.h"

namespace keypool::test {

/// Many calls that run at the same time, on one thread of their own.
class Calls {
 public:
  /// Sends all of them at once.
  Calls(std::size_t count, const http::Fetch& fetch);
  ~Calls();

  /// Waits for the last one's end. How many answers there were of each status; 0: none came.
  [[nodiscard]] std::map<int, std::size_t> ended();

 private:
  boost::asio::io_context io_{1};
  std::map<int, std::size_t> ended_;
  std::thread thread_;
};

/// Callers who each call again as soon as they are answered, until they are told to stop.
class Callers {
 public:
  Callers(std::size_t count, const http::Fetch& fetch);
  ~Callers();

  [[nodiscard]] std::size_t answered() const noexcept { return answered_; }
  /// Those that were not answered with 200.
  [[nodiscard]] std::size_t failed() const noexcept { return failed_; }

  void stop();

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> failed_{0};
  std::vector<std::thread> threads_;
};

}  // namespace keypool::test
