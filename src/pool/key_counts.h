#pragma once

#include <keypool/key_stats.h>

namespace keypool::pool {

/// What is left of a key that is not registered, yet or any more: its counts.
[[nodiscard]] KeyStats not_registered(KeyStats stats);

/// Adds the counts of `more`, of the same key at another time.
void add_counts(KeyStats& to, const KeyStats& more);

}  // namespace keypool::pool
