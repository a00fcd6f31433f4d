#include <keypool/secret.h>

bool same(const keypool::Secret& a, const keypool::Secret& b) {
#ifdef MISUSE
  return a == b;
#else
  return a.reveal() == b.reveal();
#endif
}
