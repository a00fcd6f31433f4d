#include "cli/config_watch.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keypool::cli {
namespace {

using std::chrono::milliseconds;

// Saving takes an editor several steps; a program that writes without a pause is not waited for.
constexpr milliseconds kQuiet{200};
constexpr milliseconds kLongest{2'000};

constexpr std::uint32_t kChanges = IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

}  // namespace

ConfigWatch::ConfigWatch(boost::asio::io_context& io, std::filesystem::path file,
                         std::function<void()> on_change)
    : file_(std::filesystem::absolute(file)),
      on_change_(std::move(on_change)),
      events_(io),
      timer_(io),
      debounce_(kQuiet, kLongest) {}

std::expected<void, std::string> ConfigWatch::start() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) {
    return std::unexpected(fmt::format("{} cannot be watched: {}", file_.native(),
                                       std::generic_category().message(errno)));
  }
  events_.assign(descriptor);
  if (auto watched = watch_folders(); !watched) return watched;
  seen_ = version();
  wait();
  return {};
}

// A folder that is watched already stays so.
std::expected<void, std::string> ConfigWatch::watch_folders() {
  std::error_code no_link;
  for (const auto& path : {file_, std::filesystem::canonical(file_, no_link)}) {
    if (path.empty()) continue;
    const auto folder = path.parent_path();
    if (::inotify_add_watch(events_.native_handle(), folder.c_str(), kChanges) < 0) {
      return std::unexpected(fmt::format("{} cannot be watched: {}", folder.native(),
                                         std::generic_category().message(errno)));
    }
  }
  return {};
}

std::optional<ConfigWatch::Version> ConfigWatch::version() const {
  struct stat about {};
  if (::stat(file_.c_str(), &about) != 0) return std::nullopt;
  return Version{about.st_dev, about.st_ino, about.st_size,
                 std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec};
}

void ConfigWatch::wait() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (!error) take_events();
                     });
}

// What they are about does not matter: the file itself tells whether it is another one.
void ConfigWatch::take_events() {
  std::array<char, 4096> ignored;
  while (::read(events_.native_handle(), ignored.data(), ignored.size()) > 0) {
  }
  timer_.expires_at(std::chrono::time_point_cast<boost::asio::steady_timer::duration>(
      debounce_.change(system_clock().now())));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look();
  });
  wait();
}

// A file that is not there at the moment is on its way: its coming is another change.
void ConfigWatch::look() {
  debounce_.settle();
  const auto now = version();
  if (!now || now == seen_) return;
  seen_ = now;
  if (const auto watched = watch_folders(); !watched) spdlog::warn("{}", watched.error());
  on_change_();
}

}  // namespace keypool::cli
