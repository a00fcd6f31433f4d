#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "gateway/connection.h"
#include "http/body.h"
#include "http/head.h"

namespace keypool::gateway {

/// One upstream answer as it comes: its head, then of its body as much as is wanted before it is
/// relayed.
class Answer {
 public:
  enum class State {
    waiting,    ///< for more of the head
    interim,    ///< a 1xx head is here; `advance` goes on to the next
    head,       ///< the final head is here
    broken,     ///< the connection ended before
    malformed,  ///< this is no HTTP answer: see `trouble`
  };

  /// Forgets the last answer. `method` is the request's and must live until the head is here.
  /// `may_switch`: 101 ends the head like a final status, since the client has asked to switch.
  void begin(std::string_view method, const http::HeadLimits& limits, bool may_switch = false);

  /// Reads what has come, through `scratch`.
  State advance(Connection& upstream, std::span<char> scratch);

  [[nodiscard]] const http::ResponseHead& head() const noexcept { return head_; }
  [[nodiscard]] std::string_view trouble() const noexcept { return trouble_; }

  /// Whether any byte of it has come.
  [[nodiscard]] bool begun() const noexcept { return begun_; }

  /// Reads the beginning of the body, up to `most` bytes. False: more of that is to come. True also
  /// when it ends early.
  [[nodiscard]] bool read_ahead(Connection& upstream, std::span<char> scratch, std::size_t most);
  /// What was read ahead, decoded from its framing.
  [[nodiscard]] std::string_view ahead() const noexcept { return ahead_; }

  /// Bytes that have come behind those, framing included.
  [[nodiscard]] std::string_view raw() const noexcept {
    return std::string_view(raw_).substr(raw_used_);
  }
  [[nodiscard]] http::BodyDecoder& decoder() noexcept { return decoder_; }

  /// Whether its body is whole and the connection may carry another request.
  [[nodiscard]] bool leaves_connection_usable() const noexcept {
    return decoder_.done() && head_.keeps_alive() && raw().empty();
  }

  /// What was read ahead and raw is not needed any more: gives the memory back.
  void forget_body();
  /// The same, and none will be needed soon.
  void give_back();

 private:
  std::string_view method_;
  http::HeadLimits limits_;
  bool may_switch_ = false;
  http::ResponseHead head_;
  http::BodyDecoder decoder_;
  std::string raw_;
  std::size_t raw_used_ = 0;
  std::string ahead_;
  std::string_view trouble_;
  bool begun_ = false;
  int interim_heads_ = 0;
};

}  // namespace keypool::gateway
