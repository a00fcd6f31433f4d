#include "lab/shelf.h"

#include <algorithm>
#include <utility>

namespace keypool::lab {

Thing& Shelf::put(Thing thing) { return things_.emplace_back(std::move(thing)); }

Thing* Shelf::find(std::string_view owner, std::string_view id) {
  Thing* thing = find_of_anybody(id);
  return thing && thing->owner == owner ? thing : nullptr;
}

Thing* Shelf::find_of_anybody(std::string_view id) {
  const auto found = std::ranges::find(things_, id, &Thing::id);
  return found == things_.end() ? nullptr : &*found;
}

std::vector<const Thing*> Shelf::list(std::string_view owner, std::string_view collection) const {
  std::vector<const Thing*> found;
  for (const Thing& thing : things_) {
    if (thing.owner == owner && thing.collection == collection) found.push_back(&thing);
  }
  return found;
}

bool Shelf::remove(std::string_view owner, std::string_view id) {
  return std::erase_if(things_, [&](const Thing& thing) {
           return thing.owner == owner && thing.id == id;
         }) > 0;
}

}  // namespace keypool::lab
