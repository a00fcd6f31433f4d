#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "secrets/env_line.h"

namespace keypool::secrets {

/// `~/.car/env`; nothing when nobody knows where the user's home is.
[[nodiscard]] std::optional<std::filesystem::path> car_env_file();

/// Every line of a file of assignments that can be read, in order; none where there is no file.
/// Lines that cannot be read are told, never with a part of them.
[[nodiscard]] std::vector<Assignment> read_env_file(
    const std::filesystem::path& file,
    const std::function<void(std::string_view text)>& on_problem);

/// What `load_car_env` does, for any file. Of two lines that set the same variable the later
/// counts.
int load_env_file(const std::filesystem::path& file,
                  const std::function<void(std::string_view text)>& on_problem);

/// The variables that this process has from such a file, and not from whoever started it.
[[nodiscard]] std::set<std::string, std::less<>>& set_by_env_file();

}  // namespace keypool::secrets
