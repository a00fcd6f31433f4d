#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gateway/pieces.h"

namespace keypool::gateway {

/// Memory that all calls of one reactor use in turn, between two waits only: what must outlast a
/// wait is copied out. So a stream that waits for its next event holds no buffer of its own.
struct Scratch {
  std::vector<char> bytes = std::vector<char>(64 * 1024);
  Pieces pieces;
  Pieces runs;  // of one piece, behind a filter
};

}  // namespace keypool::gateway
