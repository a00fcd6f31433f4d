#pragma once

#include "bench/pool/seed_figures.h"

namespace keypool::bench {

/// What does a lease and its report cost, by number of keys, endpoints and threads?
void add_lease_cases(const SeedFigures& seed);

/// How long do many keys take to register, and what does a key that is not used hold in memory?
void add_registration_cases();

}  // namespace keypool::bench
