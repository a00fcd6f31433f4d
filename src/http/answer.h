#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/header.h"

namespace keypool::http {

/// A header line that owns its text.
struct Field {
  std::string name;
  std::string value;
};

using Fields = std::vector<Field>;

/// An answer held whole.
struct Answer {
  int status = 200;
  Fields headers = {};
  std::string body = {};

  /// The value of the first header called `name`.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    const auto field = std::find_if(headers.begin(), headers.end(), [name](const Field& candidate) {
      return same_name(candidate.name, name);
    });
    if (field == headers.end()) return std::nullopt;
    return field->value;
  }
};

}  // namespace keypool::http
