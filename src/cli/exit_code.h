#pragma once

namespace keypool::cli {

/// What the process ends with, on every command.
enum ExitCode : int {
  kGood = 0,
  kFailed = 1,   ///< it was asked rightly and did not work out
  kMisused = 2,  ///< a wrong option, or a mistake in the configuration
};

}  // namespace keypool::cli
