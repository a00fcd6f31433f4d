#include "provider/repeat.h"

#include "provider/collection.h"
#include "provider/target.h"

namespace keypool::provider {

Repeat repeat_of(Dialect dialect, std::string_view method, std::string_view target,
                 std::string_view body) noexcept {
  if (method != "POST" && method != "PATCH") return Repeat::freely;
  std::string_view path = path_of(target);
  const std::string_view last = without_verb(last_segment(path));
  if (last == "completions") return Repeat::once;
  if (last == "responses") {
    for (const std::string_view member : {R"("background")", R"("conversation")"}) {
      if (body.find(member) != std::string_view::npos) return Repeat::never;
    }
    return Repeat::once;
  }
  if (is_verb_of_collection(last)) return Repeat::once;
  while (!path.empty()) {
    // A model tuned for an account is asked like any other.
    const std::string_view segment = take_segment(path);
    if (segment != "tunedModels" && is_collection(dialect, without_verb(segment))) {
      return Repeat::never;
    }
  }
  return Repeat::once;
}

}  // namespace keypool::provider
