#include "state/file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keypool::state {
namespace {

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] bool open() const noexcept { return number_ >= 0; }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::expected<void, std::string> make_folder_of(const std::filesystem::path& path) {
  const auto folder = path.parent_path();
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return std::unexpected(
        fmt::format("cannot make the folder {}: {}", folder.native(), error.message()));
  }
  return {};
}

/// A rename is on the disk only when its folder is.
bool sync_folder_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  const Descriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some network file systems cannot sync a folder, and need not.
  return folder.open() && (::fsync(folder.number()) == 0 || errno == EINVAL);
}

/// A file beside the one that it is to replace; removed unless it did.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : path_(target.native() + ".XXXXXX"), descriptor_(::mkostemp(path_.data(), O_CLOEXEC)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_.open() && !renamed_) ::unlink(path_.c_str());
  }

  [[nodiscard]] bool open() const noexcept { return descriptor_.open(); }

  [[nodiscard]] bool fill(std::string_view text, mode_t mode) {
    return ::fchmod(descriptor_.number(), mode) == 0 && write_all(descriptor_.number(), text) &&
           ::fsync(descriptor_.number()) == 0;
  }

  [[nodiscard]] bool rename_to(const std::filesystem::path& target) {
    renamed_ = ::rename(path_.c_str(), target.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string path_;
  Descriptor descriptor_;
  bool renamed_ = false;
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777u : S_IRUSR | S_IWUSR;
}

/// The file that `path` leads to, where it is a link to one.
std::filesystem::path target_of(const std::filesystem::path& path) {
  std::error_code error;
  auto target = std::filesystem::canonical(path, error);
  return error ? path : target;
}

}  // namespace

std::expected<std::optional<std::string>, std::string> read_text(
    const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) {
    if (errno == ENOENT) return std::nullopt;
    return failed("cannot be opened");
  }
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return failed("cannot be read");
  if (!S_ISREG(about.st_mode)) return std::unexpected("not a regular file");

  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const auto got = ::read(file.number(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

std::expected<void, std::string> replace_text(const std::filesystem::path& path,
                                              std::string_view text) {
  const auto target = target_of(path);
  if (auto made = make_folder_of(target); !made) return made;

  TemporaryFile file(target);
  if (!file.open()) return failed("cannot make a file beside it");
  if (!file.fill(text, mode_of(target))) return failed("cannot be written");
  if (!file.rename_to(target)) return failed("cannot be replaced");
  if (!sync_folder_of(target)) return failed("its folder cannot be synced");
  return {};
}

std::expected<FileLock, std::string> FileLock::take(const std::filesystem::path& path) {
  if (auto made = make_folder_of(path); !made) return std::unexpected(made.error());

  const auto lock = path.native() + ".lock";
  Descriptor file(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.open()) return failed(fmt::format("cannot open its lock {}", lock));
  while (::flock(file.number(), LOCK_EX) != 0) {
    if (errno != EINTR) return failed(fmt::format("cannot take its lock {}", lock));
  }
  return FileLock(file.release());
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace keypool::state
