#include "secrets/env_file.h"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <keypool/secret_source.h>

#include "secrets/env_line.h"
#include "secrets/environment.h"
#include "secrets/file.h"
#include "secrets/value.h"

namespace keypool {
namespace secrets {

int load_env_file(const std::filesystem::path& file,
                  const std::function<void(std::string_view text)>& on_problem) {
  std::error_code ignored;
  if (std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found) {
    return 0;
  }
  const auto text = read_file(file, kMaxValueBytes);
  if (!text) {
    on_problem(fmt::format("{}: {}", file.native(), text.error()));
    return 0;
  }
  // Read all the same: other programs made it so, and would have their keys in it.
  if (const auto why = exposure(file)) on_problem(fmt::format("{}: {}", file.native(), *why));

  std::set<std::string, std::less<>> set_here;
  auto rest = text->view();
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto assignment = read_env_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!assignment) {
      on_problem(fmt::format("{}:{}: {}", file.native(), number, assignment.error()));
      continue;
    }
    if (!*assignment) continue;
    const auto& [name, value] = **assignment;
    if (variable(name) && !set_here.contains(name)) continue;
    set_variable(name.c_str(), value.c_str());
    set_here.insert(name);
  }
  return static_cast<int>(set_here.size());
}

}  // namespace secrets

int load_car_env(const std::function<void(std::string_view text)>& on_problem) {
  const auto home = secrets::home_folder();
  return home ? secrets::load_env_file(*home / ".car" / "env", on_problem) : 0;
}

}  // namespace keypool
