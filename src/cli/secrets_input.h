#pragma once

#include <expected>
#include <string>

#include "secrets/wiped_text.h"

namespace keypool::cli {

/// A secret from whoever runs us: typed at the terminal, where it is not shown, else all that comes
/// on standard input. The error is a sentence for that person.
[[nodiscard]] std::expected<secrets::WipedText, std::string> read_secret(const std::string& prompt);

}  // namespace keypool::cli
