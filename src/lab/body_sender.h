#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "http/server.h"
#include "lab/random.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// Sends an answer in the pieces that the scenario wants it cut into, compressed where it wants
/// that and the caller takes it.
///
/// Lifetime: the responder must outlive it.
class BodySender {
 public:
  BodySender(http::Responder& responder, const PieceSizes& sizes, bool gzip, std::uint64_t seed);
  BodySender(const BodySender&) = delete;
  BodySender& operator=(const BodySender&) = delete;
  ~BodySender();

  /// Whether an answer may as well be sent in one go.
  [[nodiscard]] bool plain() const noexcept { return sizes_.to == 0 && !gzip_; }

  /// As the responder's members of the same names.
  boost::asio::awaitable<bool> send(http::Answer answer);
  boost::asio::awaitable<bool> begin(http::AnswerHead head);
  boost::asio::awaitable<bool> write(std::string_view bytes);
  boost::asio::awaitable<bool> end();

 private:
  class Gzip;

  boost::asio::awaitable<bool> write_pieces(std::string_view bytes);

  http::Responder& responder_;
  PieceSizes sizes_;
  Random random_;
  std::unique_ptr<Gzip> gzip_;
};

}  // namespace keypool::lab
