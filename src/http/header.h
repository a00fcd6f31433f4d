#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace keypool::http {

/// One header line, as views into whoever holds the head.
struct Header {
  std::string_view name;
  std::string_view value;
};

using Headers = std::span<const Header>;

/// Header names compare without regard to case (RFC 9110 §5.1).
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

/// The value of the first header called `name`.
[[nodiscard]] std::optional<std::string_view> find(Headers headers, std::string_view name) noexcept;

}  // namespace keypool::http
