#include <iostream>

#include <keypool/secret.h>

void show(const keypool::Secret& secret) {
#ifdef MISUSE
  std::cout << secret;
#else
  std::cout << (secret.empty() ? "empty" : "set");
#endif
}
