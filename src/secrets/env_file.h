#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace keypool::secrets {

/// What `load_car_env` does, for any file. Of two lines that set the same variable the later
/// counts.
int load_env_file(const std::filesystem::path& file,
                  const std::function<void(std::string_view text)>& on_problem);

}  // namespace keypool::secrets
