#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/figures.h"
#include "state/ledger.h"
#include "state/store.h"

namespace keypool::state {

/// What usage can be told apart by.
enum class By { hour, day, month, endpoint, key, model, client };

[[nodiscard]] std::string_view to_string(By by) noexcept;

/// What to sum up, and how.
struct UsageQuestion {
  std::vector<By> by;                        ///< in the order of the answer; empty: one sum
  std::optional<Hour> from = {};             ///< the first hour
  std::optional<Hour> until = {};            ///< the hour after the last
  std::optional<std::string> endpoint = {};  ///< only this one; so with the next
  std::optional<std::string> key = {};
  std::optional<std::string> model = {};
  std::optional<std::string> client = {};
  std::size_t offset = 0;                ///< rows to pass over
  std::optional<std::size_t> most = {};  ///< rows to answer with; nothing: all
};

/// One line of the answer.
struct UsageRow {
  /// As asked `by`: `2026-11-24T13:00Z`, `2026-11-24`, `2026-11`, or a name. A key's name stands
  /// behind its endpoint's: `openai/OPENAI_API_KEY`.
  std::vector<std::string> labels;
  Figures figures;
};

/// What the ledger holds, sorted by the labels. Hours that were summed up count as their day's
/// first.
[[nodiscard]] std::expected<std::vector<UsageRow>, StoreError> usage(Store& store,
                                                                     const UsageQuestion& question);

}  // namespace keypool::state
