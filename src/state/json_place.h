#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace keypool::state {

/// Where in `text`, which is JSON, the value that `pointer` leads to begins.
[[nodiscard]] std::optional<std::size_t> offset_of(std::string_view text,
                                                   const nlohmann::json::json_pointer& pointer);

/// `openai[2].successes` for `/openai/2/successes`.
[[nodiscard]] std::string readable(const nlohmann::json::json_pointer& pointer);

/// `message` behind the line and column of the byte at `offset`.
[[nodiscard]] std::string at_place(std::string_view text, std::size_t offset,
                                   std::string_view message);

}  // namespace keypool::state
