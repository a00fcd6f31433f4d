#pragma once

#include <string_view>

#include "admin/subject.h"
#include "http/answer.h"

namespace keypool::admin {

[[nodiscard]] bool known_endpoint(const Subject& subject, std::string_view name);

/// 404, with the names that there are.
[[nodiscard]] http::Answer unknown_endpoint(const Subject& subject, std::string_view name);

}  // namespace keypool::admin
