#pragma once

#include <optional>
#include <string_view>

namespace keypool::secrets {

/// What a provider's keys look like, and the variable its SDKs read them from.
struct KeyShape {
  std::string_view provider;  ///< `Anthropic`
  std::string_view variable;  ///< `ANTHROPIC_API_KEY`
};

/// The provider of the first key that stands anywhere in `text`, told by prefix, alphabet and least
/// length. Several providers' keys have no shape, and shapes change: that none is found proves
/// nothing. For refusing secrets where none may stand, never for refusing a key.
///
/// Sources: the rules of the gitleaks secret scanner and the providers' SDKs, read 2026-11.
[[nodiscard]] std::optional<KeyShape> key_shape(std::string_view text) noexcept;

/// Whether `text` looks drawn at random, as keys without a prefix do, and unlike a name that a
/// person made up.
[[nodiscard]] bool looks_random(std::string_view text) noexcept;

}  // namespace keypool::secrets
