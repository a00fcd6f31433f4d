#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provider/include_usage.h"

namespace keypool::provider {

/// What a client gets of a stream that comes in these pieces, once the usage event is taken out.
inline std::string filtered(const std::vector<std::string_view>& pieces) {
  UsageEventFilter filter;
  std::vector<std::string_view> forward;
  std::string out;
  const auto take = [&] {
    for (const std::string_view run : forward) out.append(run);
  };
  for (const std::string_view piece : pieces) {
    filter.feed(piece, forward);
    take();
  }
  filter.finish(forward);
  take();
  return out;
}

}  // namespace keypool::provider
