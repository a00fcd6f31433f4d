#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/gateway/wire.h"

namespace keypool::hostile {

/// A message as it stood on the wire, by rules that leave no choice.
struct StrictMessage {
  std::string start;
  std::vector<std::string> lines;  ///< of the head, names in lower case
  std::string body;
  std::string trouble;  ///< what two readers could disagree about; empty: nothing

  [[nodiscard]] bool has(std::string_view name) const;
};

/// Reads messages as the strictest of all readers would, and notes whatever another one might read
/// otherwise: what keypool sends must leave nothing to note. Shares no code with keypool.
class StrictReader {
 public:
  explicit StrictReader(gateway::testing::Wire& wire) : wire_(wire) {}

  /// The next request. Nothing: the connection ended before it was whole.
  [[nodiscard]] std::optional<StrictMessage> request();

 private:
  [[nodiscard]] bool read_chunks(StrictMessage& message);

  gateway::testing::Wire& wire_;
};

/// What is wrong with a head, as two readers might disagree; empty: nothing.
[[nodiscard]] std::string doubt_about(std::string_view head);

}  // namespace keypool::hostile
