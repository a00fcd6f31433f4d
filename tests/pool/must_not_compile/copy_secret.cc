#include <keypool/secret.h>

keypool::Secret second_owner(const keypool::Secret& secret) {
#ifdef MISUSE
  return secret;
#else
  return secret.clone();
#endif
}
