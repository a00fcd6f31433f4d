#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/client.h"
#include "gateway/connection.h"
#include "gateway/memory.h"
#include "gateway/outbox.h"
#include "gateway/pieces.h"
#include "gateway/request_body.h"
#include "gateway/scratch.h"

namespace keypool::gateway {

/// Sends one request upstream: the head, the kept body, then what the client still sends. Nothing
/// is taken from the client while upstream takes nothing.
class RequestSender {
 public:
  enum class State {
    sending,    ///< waits for upstream or for the client
    sent,       ///< all of it
    broken,     ///< upstream takes no more
    malformed,  ///< the client's body is, or it is too large: see `refusal`
  };

  RequestSender() = default;
  RequestSender(const RequestSender&) = delete;
  RequestSender& operator=(const RequestSender&) = delete;
  ~RequestSender() { wipe_head(); }

  /// Where the head is to be written; wiped when it has been sent.
  [[nodiscard]] std::string& head() noexcept { return head_; }

  /// Begins to send what was written into `head()`, and `body`, which must live until the end.
  void begin(RequestBody& body);

  /// Sends what can be sent now.
  State advance(Connection& upstream, Client& client, Scratch& scratch);

  /// Sends no more; the head is wiped.
  void stop() noexcept;

  /// Its memory will not be needed soon. Once it has stopped or sent everything.
  void give_back() { release(head_); }

  [[nodiscard]] State state() const noexcept { return state_; }

  /// Whether what the client has sent meanwhile would let it go on.
  [[nodiscard]] bool can_go_on(const Client& client) const noexcept {
    return waits_for_client_ && !client.input().empty();
  }
  [[nodiscard]] bool waits_for_client() const noexcept { return waits_for_client_; }

  /// Ends it because of what the client sends, or does not.
  void give_up(http::Refusal why) noexcept {
    stop();
    refusal_ = why;
    state_ = State::malformed;
  }
  [[nodiscard]] const http::Refusal& refusal() const noexcept { return refusal_; }

 private:
  [[nodiscard]] State send_opening(Connection& upstream);
  [[nodiscard]] State pass_on(Connection& upstream, Client& client, Pieces& pieces);
  void wipe_head() noexcept;

  RequestBody* body_ = nullptr;
  std::string head_;
  bool chunked_ = false;
  bool waits_for_client_ = false;
  bool ended_ = false;  // everything is sent or in the outbox
  ChunkFrame kept_frame_;
  Pieces opening_;  // the head, the kept body, and its frame
  std::span<std::string_view> opening_left_;
  Outbox outbox_;
  State state_ = State::sent;
  http::Refusal refusal_;
};

}  // namespace keypool::gateway
