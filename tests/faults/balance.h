#pragma once

#include <cstddef>

namespace keypool::faults {

/// Descriptors this process has open now.
[[nodiscard]] std::size_t open_descriptors();

/// Bytes of the heap that are in use now; 0 under a sanitizer, which has a heap of its own.
[[nodiscard]] std::size_t heap_in_use();

/// Lets this process have as many descriptors as it may.
void raise_descriptor_limit();

}  // namespace keypool::faults
