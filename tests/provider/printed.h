#pragma once

#include <ostream>

#include "provider/usage.h"

namespace keypool::provider {

/// For failures: found by GoogleTest wherever two are compared.
inline void PrintTo(const Usage& usage, std::ostream* out) {
  *out << "input " << usage.input_tokens << ", cached " << usage.cached_tokens << ", written "
       << usage.cache_write_tokens << " + " << usage.cache_write_1h_tokens << ", output "
       << usage.output_tokens << ", reasoning " << usage.reasoning_tokens << ", audio "
       << usage.audio_input_tokens << " + " << usage.audio_output_tokens << ", images "
       << usage.image_input_tokens << " + " << usage.image_output_tokens << ", tools "
       << usage.tool_input_tokens << (usage.reported ? ", reported" : ", estimated");
}

}  // namespace keypool::provider
