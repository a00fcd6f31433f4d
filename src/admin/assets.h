#pragma once

#include <optional>
#include <string_view>

#include "http/answer.h"

namespace keypool::admin {

/// A file that stands in the program itself.
struct Asset {
  std::string_view name;  ///< `app.js`
  std::string_view content;
};

/// By its exact name; there are no folders.
[[nodiscard]] std::optional<Asset> asset(std::string_view name) noexcept;

/// The asset with its media type, or 404.
[[nodiscard]] http::Answer asset_answer(std::string_view name);

}  // namespace keypool::admin
