#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <keypool/clock.h>

#include "http/header.h"
#include "provider/dialect.h"
#include "provider/verdict.h"

namespace keypool::provider {

/// A call that tells whether a key is good and costs no tokens.
struct Probe {
  std::string_view method;
  std::string_view target;                     ///< behind the endpoint's base URL
  std::span<const http::Header> headers = {};  ///< beside the credential
};

/// The cheapest such call of whoever is at `host`: the list of models at most; the key's own budget
/// at OpenRouter, the balance at DeepSeek, a check made for this at Cohere. Nothing for a generic
/// endpoint, whose paths nobody knows.
///
/// It proves that the key is known, not that it may use a model or has credit, except where
/// `judge_probe` reads that from the answer.
[[nodiscard]] std::optional<Probe> probe_of(Dialect dialect, std::string_view host) noexcept;

/// As `judge`, and reads what a good answer says of credit: OpenRouter's `limit_remaining`,
/// DeepSeek's `is_available`, Cohere's `valid`.
[[nodiscard]] Verdict judge_probe(Dialect dialect, std::string_view host, const AnswerHead& head,
                                  std::string_view body, WallTime wall);

}  // namespace keypool::provider
