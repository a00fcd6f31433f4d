#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "secrets/wiped_text.h"

namespace keypool::secrets {

/// What one `NAME=value` line sets.
struct Assignment {
  std::string name;
  WipedText value;
};

/// Reads one line as a shell would read it from a file of assignments: `export ` may stand before,
/// a comment after; '…' is taken as it stands, "…" knows \" \\ \$ \` and \n. Nothing for an empty
/// line and a comment. The error says in a few words what is wrong and never holds a part of the
/// line, which might be a secret.
[[nodiscard]] std::expected<std::optional<Assignment>, std::string_view> read_env_line(
    std::string_view line);

}  // namespace keypool::secrets
