#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "lab/random.h"

namespace keypool::lab {

/// A vector that depends on its number only, of length 1.
[[nodiscard]] inline std::vector<float> embedding_vector(std::uint64_t number,
                                                         std::uint64_t dimensions) {
  Random random(number);
  std::vector<float> vector(dimensions);
  double square = 0;
  for (float& value : vector) {
    value = static_cast<float>(random.share() * 2 - 1);
    square += static_cast<double>(value) * value;
  }
  const float length = static_cast<float>(std::sqrt(square));
  for (float& value : vector) value /= length;
  return vector;
}

}  // namespace keypool::lab
