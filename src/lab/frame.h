#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "lab/wire.h"

namespace keypool::lab {

using Json = nlohmann::ordered_json;

/// Stands in a JSON value for the text that goes there; see `split_at_text`.
inline const std::string kTextHole = "\x01";

/// The JSON before and after the hole. The text that goes between needs no escaping.
[[nodiscard]] inline AnswerForm::Frame split_at_text(const Json& value, std::string_view lead = "",
                                                     std::string_view tail = "") {
  constexpr std::string_view kWritten = "\\u0001";
  std::string all = value.dump();
  const auto hole = all.find(kWritten);
  return {std::string(lead) + all.substr(0, hole),
          all.substr(hole + kWritten.size()) + std::string(tail)};
}

/// A tool's arguments as JSON in a string, as they come in pieces: the text is the one argument.
struct ArgumentsFrame {
  explicit ArgumentsFrame(const std::string& argument) : before(R"({")" + argument + R"(":")") {}

  [[nodiscard]] std::string around(std::string_view text) const {
    return before + std::string(text) + after;
  }

  std::string before;
  std::string after = "\"}";
};

}  // namespace keypool::lab
