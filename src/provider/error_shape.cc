#include "provider/error_shape.h"

#include "provider/speech.h"

namespace keypool::provider {

std::string error_body(Dialect dialect, int status, std::string_view code, std::string_view message,
                       std::string_view target) {
  return speech_of(dialect).error_body(target, status, code, message);
}

}  // namespace keypool::provider
