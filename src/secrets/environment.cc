#include "secrets/environment.h"

#include <cstdlib>
#include <vector>

#include <pwd.h>
#include <unistd.h>

namespace keypool::secrets {

std::optional<std::string_view> variable(std::string_view name) {
  if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != name.npos) {
    return std::nullopt;
  }
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::optional<std::string_view> non_empty_variable(std::string_view name) {
  auto value = variable(name);
  return value && !value->empty() ? value : std::nullopt;
}

void set_variable(const char* name, const char* value) { ::setenv(name, value, 1); }

std::optional<std::filesystem::path> home_folder() {
  if (auto home = non_empty_variable("HOME")) return std::filesystem::path(*home);

  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0) {
    return std::nullopt;
  }
  if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir == '\0') return std::nullopt;
  return std::filesystem::path(found->pw_dir);
}

}  // namespace keypool::secrets
