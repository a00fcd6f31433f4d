#include "secrets/file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keypool::secrets {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::string last_error() { return std::generic_category().message(errno); }

/// As ssh judges private keys: other people's files are theirs to mind, but no other user's file,
/// root's apart, is where a secret of ours would be.
std::optional<std::string> exposure(const struct stat& about, const std::filesystem::path& path) {
  if (about.st_uid != ::geteuid()) {
    if (about.st_uid == 0) return std::nullopt;
    return fmt::format("belongs to another user (number {}); it must be yours", about.st_uid);
  }
  if ((about.st_mode & 077u) == 0) return std::nullopt;
  return fmt::format("others may read it (mode {:04o}); run: chmod 600 {}", about.st_mode & 07777u,
                     path.native());
}

}  // namespace

std::optional<std::string> exposure(const std::filesystem::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return std::nullopt;
  return exposure(about, path);
}

std::expected<WipedText, std::string> read_file(const std::filesystem::path& path, std::size_t most,
                                                Readers readers) {
  const OpenFile file(path);
  if (file.descriptor() < 0) return std::unexpected(last_error());

  struct stat about {};
  if (::fstat(file.descriptor(), &about) != 0) return std::unexpected(last_error());
  if (S_ISDIR(about.st_mode)) return std::unexpected("a folder, not a file");
  if (!S_ISREG(about.st_mode)) return std::unexpected("not a regular file");
  if (readers == Readers::owner) {
    if (auto why = exposure(about, path)) return std::unexpected(std::move(*why));
  }
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > most) {
    return std::unexpected(fmt::format("{} bytes long; at most {} are read", size, most));
  }

  WipedText text(size);
  std::size_t filled = 0;
  while (filled < size) {
    const auto got = ::read(file.descriptor(), text.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(last_error());
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.truncate(filled);
  return text;
}

}  // namespace keypool::secrets
