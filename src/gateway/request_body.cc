#include "gateway/request_body.h"

namespace keypool::gateway {
namespace {

http::Refusal too_large() { return {413, "the request body is larger than limits.body_bytes"}; }

}  // namespace

std::expected<void, http::Refusal> RequestBody::begin(const http::RequestHead& head,
                                                      const config::Limits& limits) {
  framing_ = head.framing();
  decoder_ = http::BodyDecoder(framing_);
  kept_.clear();
  size_ = passed_on_ = 0;
  most_ = limits.body_bytes;
  keep_ = limits.replay_bytes;
  says_length_ = head.declared_length().has_value() || head.method() == "POST" ||
                 head.method() == "PUT" || head.method() == "PATCH";
  if (framing_.length > most_) return std::unexpected(too_large());
  return {};
}

std::expected<void, http::Refusal> RequestBody::keep(Client& client) {
  while (!kept_enough() && !client.input().empty()) {
    const auto step = decoder_.next(client.input().substr(0, keep_ - kept_.size()));
    if (!step) return std::unexpected(step.error());
    if (auto counted = count(step->data.size()); !counted) return counted;
    kept_.append(step->data);
    client.consume(step->used);
  }
  return {};
}

bool RequestBody::kept_enough() const noexcept { return decoder_.done() || kept_.size() >= keep_; }

std::expected<RequestBody::Taken, http::Refusal> RequestBody::pass_on(Client& client,
                                                                      Pieces& pieces) {
  const auto input = client.input();
  Taken taken;
  while (taken.input < input.size() && !decoder_.done()) {
    const auto step = decoder_.next(input.substr(taken.input));
    if (!step) return std::unexpected(step.error());
    if (auto counted = count(step->data.size()); !counted) return std::unexpected(counted.error());
    pieces.push_back(step->data);
    taken.input += step->used;
    taken.body += step->data.size();
  }
  passed_on_ += taken.body;
  return taken;
}

std::expected<void, http::Refusal> RequestBody::count(std::size_t bytes) {
  size_ += bytes;
  if (size_ + decoder_.announced() > most_) return std::unexpected(too_large());
  return {};
}

http::Framing RequestBody::outgoing() const noexcept {
  using Kind = http::Framing::Kind;
  if (whole()) {
    if (kept_.empty() && !says_length_) return {};
    return {Kind::length, kept_.size()};
  }
  return framing_;
}

}  // namespace keypool::gateway
