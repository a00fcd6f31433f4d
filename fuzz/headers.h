#pragma once

#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "http/header.h"

namespace keypool::fuzz {

/// Header lines up to a blank one.
inline std::vector<http::Header> take_headers(Input& input) {
  constexpr std::size_t kMost = 64;
  std::vector<http::Header> headers;
  for (;;) {
    const std::string_view line = input.line();
    if (line.empty() || headers.size() == kMost) return headers;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    headers.push_back({line.substr(0, colon), value});
  }
}

}  // namespace keypool::fuzz
