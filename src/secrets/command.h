#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include <keypool/secret_source.h>

#include "secrets/value.h"

namespace keypool::secrets {

/// What a command may take.
struct CommandLimits {
  /// From its start to its end; it is killed after that. A password manager that waits for a person
  /// would otherwise hold up the gateway's start.
  std::chrono::milliseconds time{10'000};

  std::size_t output_bytes = kMaxValueBytes;
};

/// Runs a secret manager's own command and takes what it prints as the value, in the form that a
/// file's has: `{"pass", "show", "openai/ci"}`. No shell: `arguments` are the program, looked for
/// in $PATH, and its arguments. It gets our environment, an empty input, and our error output.
///
/// The error tells the program and what happened ("command pass: exit code 1"); of the arguments
/// and the output, which might be secrets, it tells nothing.
///
/// Thread-safety: any thread at any time. Blocks.
[[nodiscard]] std::expected<SecretSource::Found, std::string> run_secret_command(
    const std::vector<std::string>& arguments, const CommandLimits& limits = {});

}  // namespace keypool::secrets
