#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/limits.h>
#include <keypool/secret.h>

#include "config/config.h"
#include "provider/verdict.h"

namespace keypool::cli {

/// What a token-free call says of a key. Spelled as the operator sees it.
enum class Finding {
  good,
  throttled,      ///< good, and at its limit just now
  depleted,       ///< known, but without credit
  bad_key,        ///< the provider does not know it, or has locked it
  no_access,      ///< known, but it may not even list models
  overloaded,     ///< the provider has trouble of its own: nothing is known of the key
  server_error,   ///< the same
  wrong_request,  ///< the call itself was refused: often a wrong base_url
  unreachable,    ///< no answer
  not_asked,      ///< nobody knows a free call there
};

[[nodiscard]] std::string_view to_string(Finding finding) noexcept;

/// Whether there is something to mend.
[[nodiscard]] bool bad(Finding finding) noexcept;

/// One key to ask about; without a secret where the endpoint needs none.
struct Candidate {
  const config::Endpoint* endpoint = nullptr;
  std::string key;  ///< its name, `OPENAI_API_KEY[1]`
  Secret secret = {};
};

/// What became of one candidate.
struct Probed {
  Finding finding = Finding::not_asked;
  int status = 0;                        ///< of the answer; 0: there was none
  std::string why = {};                  ///< for an operator; empty when all is well
  std::string organization = {};         ///< whose key it is, where the answer tells
  std::vector<LimitNotice> limits = {};  ///< where the answer tells some
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::chrono::milliseconds took{0};
};

/// How candidates are asked.
struct ProbeOptions {
  config::Limits limits;       ///< connect_time and first_byte_time count, the latter up to 15 s
  std::size_t at_a_time = 16;  ///< calls under way together
  std::function<void(std::size_t done)> on_progress = {};  ///< after each answer; may be null
};

/// Asks each candidate's provider whether the key is good, several at a time; the results are in
/// the candidates' order. Nothing when SIGINT or SIGTERM came before the last answer.
[[nodiscard]] std::optional<std::vector<Probed>> probe_all(const std::vector<Candidate>& candidates,
                                                           const ProbeOptions& options);

}  // namespace keypool::cli
