#pragma once

#include <string_view>

#include "http/header.h"

namespace keypool::provider {

[[nodiscard]] inline std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// `application/json` of `application/json; charset=utf-8`.
[[nodiscard]] inline std::string_view media_type(std::string_view content_type) noexcept {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

/// `application/json`, or `application/problem+json` and kin.
[[nodiscard]] inline bool is_json(std::string_view media_type) noexcept {
  constexpr std::string_view kSuffix = "+json";
  return http::same_name(media_type, "application/json") ||
         (media_type.size() > kSuffix.size() &&
          http::same_name(media_type.substr(media_type.size() - kSuffix.size()), kSuffix));
}

}  // namespace keypool::provider
