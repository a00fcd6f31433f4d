#pragma once

#include <string_view>

#include "http/header.h"

namespace keypool::provider {

/// Where `phrase` begins in `text` without regard to ASCII case; npos when it does not occur.
[[nodiscard]] inline std::size_t find_phrase(std::string_view text,
                                             std::string_view phrase) noexcept {
  for (std::size_t from = 0; from + phrase.size() <= text.size(); ++from) {
    if (http::same_name(text.substr(from, phrase.size()), phrase)) return from;
  }
  return std::string_view::npos;
}

[[nodiscard]] inline bool has_phrase(std::string_view text, std::string_view phrase) noexcept {
  return find_phrase(text, phrase) != std::string_view::npos;
}

[[nodiscard]] inline bool starts_with_phrase(std::string_view text,
                                             std::string_view phrase) noexcept {
  return text.size() >= phrase.size() && http::same_name(text.substr(0, phrase.size()), phrase);
}

}  // namespace keypool::provider
