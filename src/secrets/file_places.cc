#include "secrets/file_places.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "secrets/environment.h"
#include "secrets/file.h"
#include "secrets/value.h"

namespace keypool::secrets {
namespace {

std::expected<SecretSource::Found, std::string> from_file(const std::filesystem::path& path,
                                                          std::string origin, Readers readers) {
  auto text = read_file(path, kMaxValueBytes, readers);
  if (!text) return std::unexpected(fmt::format("{}: {}", origin, text.error()));
  auto value = make_secret(std::move(*text));
  if (!value) return std::unexpected(fmt::format("{}: {}", origin, value.error()));
  return SecretSource::Found{std::move(*value), std::move(origin)};
}

/// Where container engines put secrets, readable by everybody in the container.
bool is_mounted_secret(const std::filesystem::path& path) {
  const auto text = path.lexically_normal().native();
  return text.starts_with("/run/secrets/") || text.starts_with("/var/run/secrets/");
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

}  // namespace

std::expected<SecretSource::Found, std::string> NamedFilePlace::look_up(
    std::string_view name) const {
  const auto pointer = fmt::format("{}_FILE", name);
  const auto path = variable(pointer);
  if (!path) return std::unexpected(fmt::format("file named by {}: variable not set", pointer));
  if (path->empty()) return std::unexpected(fmt::format("file named by {}: empty", pointer));
  return from_file(*path, fmt::format("file {} named by {}", *path, pointer),
                   is_mounted_secret(*path) ? Readers::anybody : Readers::owner);
}

std::expected<SecretSource::Found, std::string> CredentialsPlace::look_up(
    std::string_view name) const {
  const auto folder = non_empty_variable("CREDENTIALS_DIRECTORY");
  if (!folder) {
    return std::unexpected(
        fmt::format("file {} in $CREDENTIALS_DIRECTORY: variable not set", name));
  }
  if (!is_file_name(name)) {
    return std::unexpected(
        fmt::format("file in $CREDENTIALS_DIRECTORY: {} cannot name a file", name));
  }
  const auto path = std::filesystem::path(*folder) / name;
  return from_file(path, fmt::format("file {} in $CREDENTIALS_DIRECTORY", path.native()),
                   Readers::anybody);
}

}  // namespace keypool::secrets
