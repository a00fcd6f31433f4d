#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace keypool::secrets {

/// A variable of the process environment; nothing when it is not set, or when no variable can have
/// such a name. The view holds until the variable is changed.
[[nodiscard]] std::optional<std::string_view> variable(std::string_view name);

/// As `variable`; a variable that is set but empty counts as not set.
[[nodiscard]] std::optional<std::string_view> non_empty_variable(std::string_view name);

/// Sets a variable, whether it was set before or not. No other thread may run.
void set_variable(const char* name, const char* value);

/// $HOME, else what the user database says; nothing when neither knows.
[[nodiscard]] std::optional<std::filesystem::path> home_folder();

}  // namespace keypool::secrets
