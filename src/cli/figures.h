#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keypool::cli {

/// `1,234,567`
[[nodiscard]] std::string whole_count(std::uint64_t count);

/// Three digits or so and a unit: `999`, `1.2k`, `34k`, `1.2M`, `5.0G`.
[[nodiscard]] std::string short_count(std::uint64_t count);

/// The two largest units that matter: `850ms`, `12s`, `1m 20s`, `2h 5m`, `3d 4h`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// `in 12s`, `now` when it has come; empty without a time.
[[nodiscard]] std::string until_text(std::optional<std::chrono::milliseconds> ahead);

/// `1 key`, `3 keys`.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view singular);

/// `share` (0 to 1) of `width` characters filled. Anything above zero shows at least a sliver.
[[nodiscard]] std::string bar(double share, std::size_t width);

}  // namespace keypool::cli
