#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/random.h"

namespace keypool::lab {

/// The text of one answer, a token at a time. Plain words that need no escaping in JSON; every
/// token is four bytes.
class AnswerText {
 public:
  static constexpr std::uint64_t kTokenBytes = 4;

  explicit AnswerText(std::uint64_t seed) noexcept : random_(seed) {}

  void append(std::string& out, std::uint64_t tokens) {
    for (std::uint64_t i = 0; i < tokens; ++i)
      out.append(kWords.substr(random_.next() % 64 * 4, 4));
  }

 private:
  static constexpr std::string_view kWords =
      "air all and any ape arm art ask bay bee big box boy bud can car "
      "cat cow cup day dew did dog dry ear eat elk end eye far fig fly "
      "fog for fox fun gem get gum had has hat hay hen hot ice ink ivy "
      "jam jar joy key kit law lip log map mud nut oak old one our owl ";
  static_assert(kWords.size() == 64 * kTokenBytes);

  Random random_;
};

}  // namespace keypool::lab
