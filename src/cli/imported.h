#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keypool/secret.h>

#include "provider/dialect.h"

namespace keypool::cli {

/// A model's limits on one key; 0: none told.
struct ImportedLimits {
  std::uint64_t rpm = 0;
  std::uint64_t tpm = 0;
};

/// A key of another gateway's.
struct ImportedKey {
  std::string name;                 ///< keypool's for it: a variable's name
  std::vector<Secret> values = {};  ///< what stood in the file; empty: the name resolves by itself
  std::string from;                 ///< where in the file, for the operator
  double weight = 1;
  int tier = 0;
  std::uint64_t max_in_flight = 0;
  bool disabled = false;
  std::map<std::string, ImportedLimits> limits = {};  ///< by model
};

struct ImportedEndpoint {
  std::string name;
  std::string base_url;
  provider::Dialect dialect = provider::Dialect::openai;
  bool keyless = false;
  std::vector<ImportedKey> keys = {};
  std::vector<std::string> fallback = {};
};

/// USD per million tokens.
struct ImportedPrice {
  double input = 0;
  double output = 0;
};

/// Something that keypool has no place for, or that means something else here.
struct LeftOut {
  std::string where;  ///< in the file
  std::string why;    ///< and what to do instead
};

/// What another gateway's files come to.
struct Imported {
  std::string gateway;  ///< whose files they are
  std::vector<ImportedEndpoint> endpoints;
  std::vector<std::pair<std::string, std::string>> routes;  ///< model → endpoint
  std::map<std::string, ImportedPrice> prices;
  std::string policy;  ///< empty: the usual one
  std::optional<int> attempts;
  std::optional<int> cooldown_seconds;
  std::vector<LeftOut> left_out = {};

  void leave_out(std::string where, std::string why) {
    left_out.push_back({std::move(where), std::move(why)});
  }

  /// The endpoint at `base_url`, made when there is none, called `name` or, where that is taken,
  /// `name-2`.
  ImportedEndpoint& endpoint_at(std::string_view base_url, provider::Dialect dialect,
                                std::string_view name);

  /// Sends calls for `model` to `endpoint`, unless they go elsewhere already.
  void route(const std::string& model, const std::string& endpoint);
};

/// `ACME_TEAM_B_KEY` of "acme team-b": capital letters, digits and `_`, ending in KEY.
[[nodiscard]] std::string key_name_of(std::string_view words);

/// `acme-team-b`: what an endpoint may be called.
[[nodiscard]] std::string endpoint_name_of(std::string_view words);

/// A base URL as keypool has it: no slash at its end, and no `/v1`, which the client's path brings.
[[nodiscard]] std::string without_version(std::string_view base_url);

/// keypool.yaml with all of it. No secret is in it.
[[nodiscard]] std::string configuration_of(const Imported& imported);

}  // namespace keypool::cli
