#include "state/holder.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace keypool::state {
namespace {

/// What the holder wrote of itself.
std::string who_holds(int descriptor) {
  std::array<char, 64> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  std::string_view who(text.data(), static_cast<std::size_t>(size));
  return std::string(who.substr(0, who.find('\n')));
}

}  // namespace

std::expected<Holder, Holder::Refusal> Holder::take(const std::filesystem::path& path) {
  const auto lock = path.native() + ".lock";
  const auto failed = [&](std::string_view what) {
    return std::unexpected(Refusal{false, fmt::format("cannot {} {}: {}", what, lock,
                                                      std::generic_category().message(errno))});
  };
  Holder holder(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (holder.descriptor_ < 0) return failed("open");
  while (::flock(holder.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::unexpected(Refusal{true, who_holds(holder.descriptor_)});
    if (errno != EINTR) return failed("lock");
  }
  const auto self = fmt::format("process {}\n", ::getpid());
  // A disk that is full only costs the next one the answer to who it is.
  if (::ftruncate(holder.descriptor_, 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(holder.descriptor_, self.data(), self.size(), 0);
  }
  return holder;
}

Holder::Holder(Holder&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Holder& Holder::operator=(Holder&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Holder::~Holder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace keypool::state
