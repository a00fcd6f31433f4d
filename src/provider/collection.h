#pragma once

#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// Collections of things that a provider keeps for an account, by the names that paths have for
/// them: `files`, `batches`, `cachedContents`, ….

[[nodiscard]] bool is_collection(Dialect dialect, std::string_view segment) noexcept;

/// What may stand behind a collection in place of an id: `search`, `compact`, ….
[[nodiscard]] bool is_verb_of_collection(std::string_view segment) noexcept;

/// Whether a collection's things begin with a call to a model: `responses`, `threads`, ….
[[nodiscard]] bool is_begun_by_asking(std::string_view collection) noexcept;

/// Takes the first segment off a path.
std::string_view take_segment(std::string_view& path) noexcept;

/// The last segment, whether or not a slash is behind it.
[[nodiscard]] std::string_view last_segment(std::string_view path) noexcept;

/// `x` of Google's `x:generateContent`; what OpenAI fine-tuned (`ft:…`) has colons of its own.
[[nodiscard]] std::string_view without_verb(std::string_view segment) noexcept;

}  // namespace keypool::provider
