#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "lab/scenario.h"

namespace keypool::lab {

/// A simulated provider that speaks OpenAI's, Anthropic's and Gemini's shapes on one loopback port:
/// JSON and streamed answers, real limits per key × model with the providers' own headers and 429
/// bodies, and scripted faults. Runs on a thread of its own.
///
/// Thread-safety: members may be called from any thread, `start` once.
class Provider {
 public:
  explicit Provider(Scenario scenario);
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  ~Provider();  ///< stops and joins

  [[nodiscard]] std::expected<void, std::string> start();
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// What it has seen so far, by key: calls, 429s, tokens, and credentials that were none of its keys.
  [[nodiscard]] Observed observed() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace keypool::lab
