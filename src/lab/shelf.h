#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "lab/frame.h"

namespace keypool::lab {

/// Something that a caller made and comes back for: a file, a batch, a stored response, a cache.
struct Thing {
  std::string id;
  std::string collection;  ///< as the path calls it: `files`
  std::string owner;       ///< the organization of the key that made it
  Json about = {};         ///< what the provider tells of it
  std::string content = {};
  std::string content_type = {};
};

/// Where they stand until they are deleted. A thing is seen by its owner alone; to everybody else
/// it is not there, as with the providers.
///
/// Thread-safety: none. References stay good until their thing is removed.
class Shelf {
 public:
  Thing& put(Thing thing);
  [[nodiscard]] Thing* find(std::string_view owner, std::string_view id);
  /// Of whichever owner: for addresses that are a right in themselves.
  [[nodiscard]] Thing* find_of_anybody(std::string_view id);
  /// In the order in which they were made.
  [[nodiscard]] std::vector<const Thing*> list(std::string_view owner,
                                               std::string_view collection) const;
  bool remove(std::string_view owner, std::string_view id);

 private:
  std::list<Thing> things_;
};

}  // namespace keypool::lab
