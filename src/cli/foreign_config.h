#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/imported.h"

namespace keypool::cli {

/// A file of another gateway's.
struct ForeignFile {
  std::string name;  ///< without its folder: gpt-load tells a list's group by it
  std::string text;
};

/// Reads files of LiteLLM (its configuration), gpt-load (its groups as JSON, its key lists) or
/// one-api (its channels as JSON); what they are is seen by what stands in them. Else a sentence
/// for the operator.
[[nodiscard]] std::expected<Imported, std::string> read_foreign(
    const std::vector<ForeignFile>& files);

/// The readers of one gateway's each. What they find goes into `imported`.
void read_litellm(const nlohmann::json& config, Imported& imported);
void read_gpt_load_groups(const nlohmann::json& groups, Imported& imported);
void read_gpt_load_keys(const ForeignFile& file, Imported& imported);
void read_one_api(const nlohmann::json& channels, Imported& imported);

/// The text of a member, also where it is a number; empty where there is none.
[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* member);

/// The whole number of a member, also where it stands in text; 0 where there is none.
[[nodiscard]] std::uint64_t count_at(const nlohmann::json& object, const char* member);

}  // namespace keypool::cli
