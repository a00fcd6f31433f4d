#include <string>

#include <keypool/secret.h>

keypool::Secret from_text(const std::string& text) {
#ifdef MISUSE
  return text;
#else
  return keypool::Secret(std::string_view(text));
#endif
}
