#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "state/figures.h"

namespace keypool::state {

/// One try of a call: one key, one request to the provider, and what became of it.
struct TryRecord {
  std::string key = {};                ///< its name; empty: the endpoint has none
  std::chrono::milliseconds began{0};  ///< since the call came; so with the next
  std::chrono::milliseconds ended{0};
  int status = 0;                 ///< of the answer; 0: none came
  std::string_view verdict = {};  ///< a word that lives as long as the program
  std::string why = {};           ///< in keypool's words, never the provider's
};

/// A call that has ended. Names and times alone: nothing of a body, no query, no credential.
struct CallRecord {
  std::uint64_t id = 0;       ///< grows in the order of ending
  WallTime at{};              ///< when it came
  std::string client = {};    ///< empty: nobody in particular
  std::string endpoint = {};  ///< empty: it went to none
  std::string model = {};     ///< empty: none was named
  std::string method = {};
  std::string path = {};
  std::string trace_id = {};            ///< of W3C trace context; empty: the client told none
  int status = 0;                       ///< that the client got; 0: it left before
  std::string_view outcome = {};        ///< as TryRecord::verdict
  std::chrono::milliseconds waited{0};  ///< for keys, all tries together
  std::optional<std::chrono::milliseconds> first_byte =
      {};  ///< of the answer's body, since it came
  std::chrono::milliseconds duration{0};
  Figures used = {};                  ///< of all tries: tokens, cost
  std::vector<TryRecord> tries = {};  ///< in their order
};

/// Which calls are asked for; the newest of them first. A name that is nothing: any.
struct CallQuestion {
  std::size_t limit = 100;
  std::uint64_t before = std::numeric_limits<std::uint64_t>::max();  ///< ids below this one
  std::uint64_t after = 0;                                           ///< ids above this one
  std::optional<std::string> endpoint = {};
  std::optional<std::string> key = {};  ///< of any try
  std::optional<std::string> model = {};
  std::optional<std::string> client = {};
  std::optional<std::string> outcome = {};
};

}  // namespace keypool::state
