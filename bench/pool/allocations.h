#pragma once

#include <cstddef>

namespace keypool::bench {

/// Calls of operator new by this thread so far. The counting allocator is part of the bench
/// program.
[[nodiscard]] std::size_t allocations() noexcept;

/// Bytes that the whole program has taken from the heap and not given back.
[[nodiscard]] std::size_t heap_bytes() noexcept;

}  // namespace keypool::bench
