#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <rapidcheck.h>

namespace keypool::provider {

/// The ways in which a network may cut `bytes`: whole, byte by byte, and anywhere.
inline std::vector<std::string_view> one_byte_pieces(std::string_view bytes) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

/// To be called inside of rc::check.
inline std::vector<std::string_view> random_pieces(std::string_view bytes) {
  std::vector<std::string_view> pieces;
  while (!bytes.empty()) {
    // From 1 on: generators shrink to their least value, which must make headway.
    const auto end = static_cast<int>(bytes.size()) + 1;
    const auto size = static_cast<std::size_t>(*rc::gen::weightedOneOf<int>(
        {{3, rc::gen::inRange(1, std::min(end, 9))}, {1, rc::gen::inRange(1, end)}}));
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

}  // namespace keypool::provider
