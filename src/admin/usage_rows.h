#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "state/usage.h"

namespace keypool::admin {

/// What is counted, as the API and `keypool usage --json` tell it: `calls`, `outcomes`, `tokens`,
/// `cost_usd`, `estimated`.
[[nodiscard]] nlohmann::json figures_json(const state::Figures& figures);

/// Each kind of tokens under its name.
[[nodiscard]] nlohmann::json tokens_json(const state::Figures& figures);

[[nodiscard]] double cost_usd(const state::Figures& figures) noexcept;

/// A row with what it was told apart `by`: `start` of the hour, day or month, `endpoint`, `key`
/// (with its endpoint), `model`, `client`.
[[nodiscard]] nlohmann::json usage_row_json(const std::vector<state::By>& by,
                                            const state::UsageRow& row);

/// A line of titles and one a row, as RFC 4180 has it. What a spreadsheet would take for a formula
/// gets a `'` before it: names of models are a client's to choose.
[[nodiscard]] std::string usage_csv(const std::vector<state::By>& by,
                                    const std::vector<state::UsageRow>& rows);

/// `2026-11-24T13:00:00Z`.
[[nodiscard]] std::string hour_text(state::Hour hour);

}  // namespace keypool::admin
