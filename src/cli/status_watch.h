#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/key_table.h"
#include "cli/overview_data.h"
#include "config/config.h"

namespace keypool::cli {

/// `status --watch` on a screen: the overview, redrawn each second, until `q`, Ctrl-C or a hang-up.
/// A gateway that goes is asked again until it is back. The exit code.
[[nodiscard]] int watch_on_screen(const config::Listen& address);

/// `status --watch` in a pipe: a line for each change of a key's state and when the gateway goes
/// and comes back, as JSON where wanted, until SIGINT, SIGTERM or until nobody reads. The exit
/// code.
[[nodiscard]] int watch_as_lines(const config::Listen& address, bool json);

}  // namespace keypool::cli
