#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace keypool::cli {

/// Who listens on a TCP port of this machine: `nginx (process 1234)`. Nothing when nobody does, or
/// when it is a process that this user may not look into.
[[nodiscard]] std::optional<std::string> port_holder(std::uint16_t port);

}  // namespace keypool::cli
