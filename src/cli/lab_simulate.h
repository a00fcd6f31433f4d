#pragma once

#include "cli/commands.h"

namespace keypool::cli {

/// Adds `simulate` to `keypool lab`.
void add_simulate(CLI::App& lab, Run& run);

}  // namespace keypool::cli
