#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "state/clients.h"

namespace keypool::state {

/// Who may call at the moment: looked at by every call, replaced while calls run.
///
/// Callers are asked for a token as soon as somebody has one, and from then on as long as this
/// lives: that the last token was revoked opens nothing.
///
/// Thread-safety: any thread at any time.
class ClientsInForce {
 public:
  /// `next` has been made to continue from `now`, and nobody else knows it yet.
  void replace(std::shared_ptr<Clients> next);

  [[nodiscard]] std::shared_ptr<const Clients> now() const;

  /// Whether callers are asked for a token.
  [[nodiscard]] bool asked_for() const noexcept {
    return asked_for_.load(std::memory_order_acquire);
  }

  /// Another one after each `replace`: what was found before may not hold any more.
  [[nodiscard]] std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_acquire);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Clients> now_ = std::make_shared<Clients>(std::vector<Client>());
  std::atomic<bool> asked_for_{false};
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace keypool::state
