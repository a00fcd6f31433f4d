#pragma once

#include <cstddef>
#include <string>

namespace keypool::gateway {

/// Forgets the text. A small buffer is kept for the next one, a large one is given back: thousands
/// of connections wait with whatever they keep.
inline void clear_and_shrink(std::string& text) {
  constexpr std::size_t kWorthKeeping = 2048;
  text.clear();
  if (text.capacity() > kWorthKeeping) std::string().swap(text);
}

/// Forgets the text and gives its memory back, whatever its size.
inline void release(std::string& text) { std::string().swap(text); }

}  // namespace keypool::gateway
