#include "state/json_place.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "state/text_place.h"

namespace keypool::state {

std::optional<std::size_t> offset_of(std::string_view text,
                                     const nlohmann::json::json_pointer& pointer) {
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;

  const auto path = pointer.to_string();
  if (path.empty()) return text.find_first_not_of(" \t\r\n");
  simdjson::ondemand::value value;
  if (document.at_pointer(path).get(value) != simdjson::SUCCESS) return std::nullopt;
  return static_cast<std::size_t>(value.raw_json_token().data() - padded.data());
}

std::string readable(const nlohmann::json::json_pointer& pointer) {
  std::vector<std::string> steps;
  for (auto rest = pointer; !rest.empty(); rest.pop_back()) steps.push_back(rest.back());
  std::ranges::reverse(steps);

  std::string path;
  for (std::size_t depth = 0; depth < steps.size(); ++depth) {
    // endpoint, number of the key, field: the one shape a stats file has
    path += depth == 1 ? fmt::format("[{}]", steps[depth])
                       : fmt::format("{}{}", depth == 0 ? "" : ".", steps[depth]);
  }
  return path;
}

std::string at_place(std::string_view text, std::size_t offset, std::string_view message) {
  const auto [line, column] = place_of(text, offset);
  return fmt::format("line {}, column {}: {}", line, column, message);
}

}  // namespace keypool::state
