#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "config/config.h"
#include "gateway/client.h"
#include "gateway/memory.h"
#include "gateway/pieces.h"
#include "http/body.h"

namespace keypool::gateway {

/// The body of one request. Its beginning is kept, so that it can be sent again; what is beyond
/// Limits::replay_bytes is passed on as it comes, once.
class RequestBody {
 public:
  /// Begins another request. 413 when its head says already that it is too large.
  [[nodiscard]] std::expected<void, http::Refusal> begin(const http::RequestHead& head,
                                                         const config::Limits& limits);

  /// Takes of the client's input what is still to be kept.
  [[nodiscard]] std::expected<void, http::Refusal> keep(Client& client);

  /// Whether nothing more is to be kept: all of it is, or as much as may be.
  [[nodiscard]] bool kept_enough() const noexcept;

  /// Whether `kept` is all of it.
  [[nodiscard]] bool whole() const noexcept { return decoder_.done() && passed_on_ == 0; }
  [[nodiscard]] std::string_view kept() const noexcept { return kept_; }

  /// Whether it could be sent again from its beginning.
  [[nodiscard]] bool replayable() const noexcept { return passed_on_ == 0; }

  /// Whether all of it has been taken from the client.
  [[nodiscard]] bool consumed() const noexcept { return decoder_.done(); }

  struct Taken {
    std::size_t input =
        0;                 ///< bytes of the client's input: to be consumed once the pieces are sent
    std::size_t body = 0;  ///< bytes of the body among them
  };

  /// Appends to `pieces` what the client's input holds of the body beyond what is kept, as views
  /// into it.
  [[nodiscard]] std::expected<Taken, http::Refusal> pass_on(Client& client, Pieces& pieces);

  /// What upstream is told of its length: `length` where known, `chunked` else, `none`: no body.
  [[nodiscard]] http::Framing outgoing() const noexcept;

  /// Puts another body in the place of one that is whole.
  void replace(std::string body) { kept_ = std::move(body); }

  /// It will not be sent again.
  void forget() { clear_and_shrink(kept_); }
  /// The same, and its memory will not be needed soon.
  void give_back() { release(kept_); }

 private:
  [[nodiscard]] std::expected<void, http::Refusal> count(std::size_t bytes);

  http::Framing framing_;
  http::BodyDecoder decoder_;
  std::string kept_;
  std::uint64_t size_ = 0;  // so far
  std::uint64_t passed_on_ = 0;
  std::uint64_t most_ = 0;
  std::size_t keep_ = 0;
  bool says_length_ = false;
};

}  // namespace keypool::gateway
