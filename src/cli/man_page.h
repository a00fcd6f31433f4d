#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace keypool::cli {

/// The manual page of a command (`keypool-serve(1)`), or of keypool itself, made from what its
/// `--help` is made of. `version` stands at its foot.
[[nodiscard]] std::string man_page(const CLI::App& command, std::string_view version);

/// `keypool-serve`
[[nodiscard]] std::string man_page_name(const CLI::App& command);

}  // namespace keypool::cli
