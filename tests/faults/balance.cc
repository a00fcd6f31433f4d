#include "tests/faults/balance.h"

#include <filesystem>
#include <iterator>

#include <malloc.h>
#include <sys/resource.h>

namespace keypool::faults {

std::size_t open_descriptors() {
  // The iteration's own descriptor is among them, each time.
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

std::size_t heap_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

void raise_descriptor_limit() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace keypool::faults
