#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace keypool::cli {

/// What a word on the command line may become.
struct Suggestion {
  std::string text;
  std::string help;  ///< one line; empty for names
};

struct Suggestions {
  enum class Else { nothing, files, folders };

  std::vector<Suggestion> words;
  Else otherwise = Else::nothing;  ///< what the shell itself may offer beside them
};

/// Names that the configuration holds. Never a secret.
struct KnownNames {
  std::vector<std::string> endpoints;
  std::vector<std::string> keys;
};

/// What the last of `words` may become, given those before it; they are what stands behind
/// `keypool`. Read from the commands themselves, so that nothing is ever missing. `names` is asked
/// only where they are wanted.
[[nodiscard]] Suggestions suggestions(const CLI::App& keypool,
                                      const std::vector<std::string>& words,
                                      const std::function<KnownNames()>& names);

}  // namespace keypool::cli
