#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "admin/subject.h"
#include "http/answer.h"
#include "state/call_record.h"

namespace keypool::admin {

inline constexpr std::size_t kMostCalls = 1000;

/// Reads `limit=…&before=…&endpoint=…&key=…&model=…&client=…&outcome=…`. Else a sentence that names
/// the parameter and what it takes.
[[nodiscard]] std::expected<state::CallQuestion, std::string> read_call_question(
    std::string_view query);

[[nodiscard]] nlohmann::json call_json(const state::CallRecord& call);

/// `GET /api/v1/calls`: the calls that ended last, the newest first.
[[nodiscard]] http::Answer calls_answer(const Subject& subject, std::string_view query);

}  // namespace keypool::admin
