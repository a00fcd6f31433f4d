#include "secrets/env_file.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <keypool/secret_source.h>

#include "secrets/environment.h"
#include "secrets/file.h"
#include "secrets/value.h"

namespace keypool {
namespace secrets {

std::vector<Assignment> read_env_file(
    const std::filesystem::path& file,
    const std::function<void(std::string_view text)>& on_problem) {
  std::vector<Assignment> all;
  std::error_code ignored;
  if (std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found) {
    return all;
  }
  const auto text = read_file(file, kMaxValueBytes);
  if (!text) {
    on_problem(fmt::format("{}: {}", file.native(), text.error()));
    return all;
  }
  // Read all the same: other programs made it so, and would have their keys in it.
  if (const auto why = exposure(file)) on_problem(fmt::format("{}: {}", file.native(), *why));

  auto rest = text->view();
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto assignment = read_env_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!assignment) {
      on_problem(fmt::format("{}:{}: {}", file.native(), number, assignment.error()));
    } else if (*assignment) {
      all.push_back(std::move(**assignment));
    }
  }
  return all;
}

std::set<std::string, std::less<>>& set_by_env_file() {
  static std::set<std::string, std::less<>> names;
  return names;
}

int load_env_file(const std::filesystem::path& file,
                  const std::function<void(std::string_view text)>& on_problem) {
  std::set<std::string, std::less<>> set_here;
  for (const auto& [name, value] : read_env_file(file, on_problem)) {
    if (variable(name) && !set_here.contains(name)) continue;
    set_variable(name.c_str(), value.c_str());
    set_here.insert(name);
  }
  set_by_env_file().insert(set_here.begin(), set_here.end());
  return static_cast<int>(set_here.size());
}

std::optional<std::filesystem::path> car_env_file() {
  const auto home = home_folder();
  if (!home) return std::nullopt;
  return *home / ".car" / "env";
}

}  // namespace secrets

int load_car_env(const std::function<void(std::string_view text)>& on_problem) {
  const auto file = secrets::car_env_file();
  return file ? secrets::load_env_file(*file, on_problem) : 0;
}

}  // namespace keypool
