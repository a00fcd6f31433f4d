#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/observed.h"

namespace keypool::lab {

/// Keeps the books of what a provider sees.
///
/// Thread-safety: every member may be called from any thread.
class Observer {
 public:
  enum class End { served, rate_limited, fault, refused, hung_up };

  /// One call, from its arrival to the first end that is told; when none is, the caller hung up.
  ///
  /// Lifetime: must not outlive the observer.
  class Visit {
   public:
    Visit(Visit&& other) noexcept;
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    Visit& operator=(Visit&&) = delete;
    ~Visit();

    /// These tokens count for served calls only.
    void end(End end, std::uint64_t input_tokens = 0, std::uint64_t output_tokens = 0) noexcept;

    /// What it has used before its end; counts whatever that will be.
    void use(std::uint64_t input_tokens, std::uint64_t output_tokens) noexcept;

   private:
    friend class Observer;
    Visit(Observer& observer, std::optional<std::size_t> key) noexcept
        : observer_(&observer), key_(key) {}

    Observer* observer_;
    std::optional<std::size_t> key_;
  };

  explicit Observer(const std::vector<std::string>& key_names);

  /// `key` is the number of the key that the call named, if it named one.
  [[nodiscard]] Visit arrive(std::optional<std::size_t> key);
  void saw_unknown_credential(std::string_view credential);
  void saw_no_credential();

  [[nodiscard]] Observed observed() const;

 private:
  void use(std::optional<std::size_t> key, std::uint64_t input_tokens,
           std::uint64_t output_tokens) noexcept;
  void leave(std::optional<std::size_t> key, End end, std::uint64_t input_tokens,
             std::uint64_t output_tokens) noexcept;

  mutable std::mutex mutex_;
  Observed observed_;
  std::map<std::string, std::uint64_t> unknown_;
};

}  // namespace keypool::lab
