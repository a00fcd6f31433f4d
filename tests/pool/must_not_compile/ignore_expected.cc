#include <keypool/key_pool.h>

void call(keypool::KeyPool& pool) {
#ifdef MISUSE
  pool.lease("openai");
#else
  auto lease = pool.lease("openai");
  if (lease) lease->release();
#endif
}
