#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include <keypool/clock.h>

#include "lab/observed.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// A simulated provider that speaks OpenAI's, Anthropic's and Gemini's shapes on one loopback port:
/// JSON and streamed answers, real limits per key × model with the providers' own headers and 429
/// bodies, and scripted faults. Runs on a thread of its own. `GET /lab/observed` tells what it has
/// seen, as JSON.
///
///     lab::Provider provider{lab::default_scenario()};
///     if (auto started = provider.start(); !started) return complain(started.error());
///     use("http://127.0.0.1:" + std::to_string(provider.port()));
///
/// Thread-safety: members may be called from any thread, `start` once.
class Provider {
 public:
  /// Limits refill by `clock`, which must outlive the provider; delays run on real timers.
  explicit Provider(Scenario scenario, const Clock& clock = system_clock());
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  ~Provider();  ///< stops and joins

  /// Listens and serves. The error says which address could not be had and why.
  [[nodiscard]] std::expected<void, std::string> start();

  /// The port in use, also where the scenario said 0. Valid after `start`.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// What it has seen so far, by key: calls, 429s, tokens, and credentials that were none of its
  /// keys.
  [[nodiscard]] Observed observed() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace keypool::lab
