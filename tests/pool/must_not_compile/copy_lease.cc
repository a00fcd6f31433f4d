#include <utility>

#include <keypool/lease.h>

keypool::Lease pass_on(keypool::Lease& lease) {
#ifdef MISUSE
  return lease;
#else
  return std::move(lease);
#endif
}
