#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "gateway/answer.h"
#include "gateway/client.h"
#include "gateway/connection.h"
#include "gateway/scratch.h"
#include "http/head.h"
#include "provider/include_usage.h"
#include "provider/usage.h"

namespace keypool::gateway {

/// Moves an answer's body from upstream to the client as it comes, through the reactor's scratch
/// buffer, while the tap looks on. Nothing more is read from upstream while the client takes
/// nothing, so a slow reader slows the provider and holds no more than one scratch buffer of
/// memory.
///
/// A state machine: `advance` moves what can be moved now.
class Relay {
 public:
  enum class State {
    moving,           ///< waits for upstream or the client
    yielding,         ///< more could be moved, but others want their turn
    done,             ///< the client has all of it
    upstream_broken,  ///< the answer ends too early, or is malformed
    client_broken,    ///< the client takes no more
  };

  /// All but the filter are the awaiter's. `upstream` may be null where the answer is whole
  /// already, `tap` where nobody counts. `head` goes out together with the first bytes.
  Relay(Answer& answer, Connection* upstream, Client& client, const http::Framing& to_client,
        std::string_view head, provider::UsageTap* tap, Scratch& scratch);

  /// Takes the usage event out again that the client did not ask for.
  void filter_usage_event() { filter_ = std::make_unique<provider::UsageEventFilter>(); }

  State advance();

  /// Whether the head and what was read ahead have been taken over.
  [[nodiscard]] bool begun() const noexcept { return begun_; }

  /// Bytes of the body so far.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  enum class Passed { all, client_broken, malformed };
  [[nodiscard]] Passed pass(std::string_view bytes);
  [[nodiscard]] bool decode(std::string_view& bytes);
  void take(std::string_view data);
  void add(std::string_view data);
  bool begin_write();
  [[nodiscard]] Io write(bool ends);

  Answer& answer_;
  Connection* upstream_;
  Client& client_;
  bool chunked_;
  std::string_view head_;
  provider::UsageTap* tap_;
  std::unique_ptr<provider::UsageEventFilter> filter_;
  Scratch& scratch_;
  std::size_t chunk_ = 0;  // bytes of the body among the scratch's pieces
  std::uint64_t bytes_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace keypool::gateway
