#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace keypool::gateway {

/// Where a call goes.
struct Destination {
  std::size_t endpoint = 0;  ///< its place in Config::endpoints
  std::string_view
      rest;  ///< what follows the endpoint's base URL, query included; a view into the target
};

/// Why a call goes nowhere: for an error of code `code` and status `status`.
struct Astray {
  int status;
  std::string_view code;
  std::string message;
};

/// The endpoint whose name the target begins with; nothing: none.
[[nodiscard]] std::optional<std::size_t> named_endpoint(const config::Config& config,
                                                        std::string_view target);

/// Whether the target names a model's route (`/v1/…`) and not an endpoint, so that `route` needs
/// the model to decide.
[[nodiscard]] bool routed_by_model(const config::Config& config, std::string_view target);

/// `/{endpoint}/{rest}` by the endpoint's name; `/v1/{rest}` by the first route whose pattern fits
/// the model, else to the only endpoint there is. `target` is in origin form.
[[nodiscard]] std::expected<Destination, Astray> route(const config::Config& config,
                                                       std::string_view target,
                                                       std::string_view model);

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view text) noexcept;

/// Whether a path stays below the base URL it is put behind: no segment is `..`, also
/// percent-encoded once or more, behind a backslash or before a `;`, and it does not begin with
/// `//`, which some servers read as a host.
[[nodiscard]] bool stays_below(std::string_view path) noexcept;

}  // namespace keypool::gateway
