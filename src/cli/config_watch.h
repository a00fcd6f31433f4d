#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <keypool/clock.h>

#include "cli/debounce.h"

namespace keypool::cli {

/// Tells when a configuration file has changed. It watches the folder, and that of the file that a
/// symbolic link leads to: editors put a new file in the place of the old one, and clusters another
/// link in the place of the old one.
///
/// Thread-safety: the thread that runs `io`.
class ConfigWatch {
 public:
  /// `io` must outlive it.
  ConfigWatch(boost::asio::io_context& io, std::filesystem::path file,
              std::function<void()> on_change);

  /// Begins. The error says what could not be watched and why.
  [[nodiscard]] std::expected<void, std::string> start();

 private:
  /// Which file it is, and how new.
  struct Version {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed = 0;  ///< nanoseconds

    friend bool operator==(const Version&, const Version&) = default;
  };

  [[nodiscard]] std::expected<void, std::string> watch_folders();
  [[nodiscard]] std::optional<Version> version() const;
  void wait();
  void take_events();
  void look();

  const std::filesystem::path file_;
  const std::function<void()> on_change_;
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer timer_;
  Debounce debounce_;
  std::optional<Version> seen_;
};

}  // namespace keypool::cli
