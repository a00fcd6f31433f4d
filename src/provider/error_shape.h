#pragma once

#include <string>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// The JSON body of an error of the gateway's own, in the shape in which the dialect's SDK reads
/// errors, with `type` `keypool_error` and `code`.
[[nodiscard]] std::string error_body(Dialect dialect, int status, std::string_view code,
                                     std::string_view message);

}  // namespace keypool::provider
