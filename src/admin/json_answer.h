#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "http/answer.h"

namespace keypool::admin {

/// Field names come in alphabetical order; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] http::Answer json_answer(const nlohmann::json& body, int status = 200);

/// An error as every part of the API words one: `{"error": {"code": …, "message": …}}`.
[[nodiscard]] http::Answer error_answer(int status, std::string_view code,
                                        std::string_view message);

/// JSON on one line.
[[nodiscard]] std::string one_line(const nlohmann::json& value);

}  // namespace keypool::admin
