#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "gateway/gateway.h"
#include "http/client.h"
#include "lab/known_answers.h"
#include "lab/provider.h"
#include "provider/dialect.h"

namespace keypool::conformance {

using provider::Dialect;

inline constexpr std::string_view kModel = "lab-model";

/// Stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  MonotonicTime now() const noexcept override { return MonotonicTime{} + passed_.load(); }
  WallTime wall() const noexcept override {
    return WallTime{std::chrono::milliseconds(1'790'000'000'000)} +
           std::chrono::duration_cast<std::chrono::milliseconds>(passed_.load());
  }
  void advance(std::chrono::nanoseconds time) { passed_ = passed_.load() + time; }

 private:
  std::atomic<std::chrono::nanoseconds> passed_{std::chrono::hours(1)};
};

/// What is asked of the provider, as a client of the dialect would ask.
enum class Ask { plain, stream };
[[nodiscard]] http::Fetch question(Dialect dialect, Ask ask = Ask::plain,
                                   std::string_view model = kModel);

/// Whose dialect the known answer is in, and what a client has asked that gets it.
[[nodiscard]] Dialect dialect_of(std::string_view known);
[[nodiscard]] http::Fetch question_for(std::string_view known);

/// A simulated provider whose keys `a` and `twin` are one organization's and whose `b` is
/// another's, and a gateway that takes them in this order, if it is told nothing else.
class Stage {
 public:
  struct Setup {
    Dialect dialect = Dialect::openai;
    lab::Scenario scenario = {};   ///< keys are added where it has none
    const Clock* clock = nullptr;  ///< the provider's; null: the machine's
    int attempts = 3;
    Policy policy = Policy::sequential;
    std::chrono::milliseconds max_wait{0};              ///< for a key
    std::chrono::milliseconds first_byte_time{60'000};  ///< for the provider's answer
  };

  explicit Stage(Setup setup);

  /// What a client sees.
  [[nodiscard]] std::expected<http::Answer, http::FetchError> try_call(http::Fetch fetch) const;
  /// The same for a call that must be answered, whatever the answer.
  [[nodiscard]] http::Answer call(http::Fetch fetch) const;
  /// What it would see without keypool, with the key `a`.
  [[nodiscard]] std::expected<http::Answer, http::FetchError> call_directly(
      http::Fetch fetch) const;

  /// Where clients connect; the provider is behind `/lab`.
  [[nodiscard]] std::uint16_t port() const { return gateway_->port(); }
  [[nodiscard]] KeyStats key(std::string_view name) const;
  /// The key's lane for kModel rests, until when is known.
  [[nodiscard]] std::optional<LaneStats> resting_lane(std::string_view key) const;
  [[nodiscard]] lab::ObservedKey observed(std::string_view key) const;
  /// Waits, ten seconds at most, until no call is in flight.
  [[nodiscard]] bool idle() const;

 private:
  Dialect dialect_;
  lab::Provider provider_;
  std::unique_ptr<KeyPool> pool_;
  std::unique_ptr<gateway::Gateway> gateway_;
};

/// A fault that says what a provider is known to say.
[[nodiscard]] lab::Fault says(std::string_view known, std::string_view keys = "*");

}  // namespace keypool::conformance
