#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <keypool/clock.h>

#include "cli/key_table.h"
#include "cli/overview_data.h"

namespace keypool::cli {

/// Something worth a line.
struct KeyEvent {
  enum class Kind {
    begins,  ///< the first look at a gateway
    key,     ///< a key is in another state
    lost,    ///< the gateway does not answer
    back,    ///< it does again
  };

  Kind kind = Kind::key;
  WallTime at{};
  std::string endpoint = {};
  std::string key = {};
  std::string state = {};
  std::string was = {};
  std::string reason = {};  ///< of a key's state, or why the gateway does not answer
  std::optional<std::chrono::milliseconds> ready_in = {};
  std::uint64_t ready = 0;  ///< keys, when it begins or is back
  std::uint64_t keys = 0;
};

/// `2026-11-24T08:14:00Z  openai/CI  ready → cooling  rate limit, ready in 12s`
[[nodiscard]] std::string event_text(const KeyEvent& event);

/// The same for a program, on one line.
[[nodiscard]] std::string event_json(const KeyEvent& event);

/// Tells what has changed from one look at a gateway to the next.
class KeyChanges {
 public:
  /// `out_of_service` are all keys that are not ready.
  [[nodiscard]] std::vector<KeyEvent> seen(const Overview& overview,
                                           const std::vector<KeyRow>& out_of_service, WallTime now);

  /// The gateway did not answer; told once.
  [[nodiscard]] std::vector<KeyEvent> lost(const std::string& why, WallTime now);

 private:
  using Name = std::pair<std::string, std::string>;  // endpoint, key

  std::map<Name, std::string> states_;  // of keys that are not ready
  bool begun_ = false;
  bool lost_ = false;
};

}  // namespace keypool::cli
