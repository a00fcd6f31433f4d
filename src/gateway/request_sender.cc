#include "gateway/request_sender.h"

#include <keypool/secret.h>

#include "gateway/memory.h"

namespace keypool::gateway {

void RequestSender::begin(RequestBody& body) {
  body_ = &body;
  chunked_ = body.outgoing().kind == http::Framing::Kind::chunked;
  ended_ = body.whole();
  outbox_.clear();
  if (chunked_) {
    opening_.assign({head_, {}, body.kept()});
    kept_frame_.put_around(opening_, 1, body.kept().size(), false);
  } else {
    opening_.assign({head_, body.kept()});
  }
  opening_left_ = opening_;
  state_ = State::sending;
}

RequestSender::State RequestSender::advance(Connection& upstream, Client& client,
                                            Scratch& scratch) {
  if (state_ != State::sending) return state_;
  waits_for_client_ = false;
  state_ = send_opening(upstream);
  if (state_ == State::sent) {
    wipe_head();
    state_ = pass_on(upstream, client, scratch.pieces);
  }
  if (state_ != State::sending) stop();
  return state_;
}

RequestSender::State RequestSender::send_opening(Connection& upstream) {
  while (!opening_left_.empty()) {
    const auto result = upstream.write(opening_left_);
    if (result.io == Io::broken) return State::broken;
    if (result.io != Io::moved) return State::sending;
    remove_front(opening_left_, result.bytes);
  }
  return State::sent;
}

RequestSender::State RequestSender::pass_on(Connection& upstream, Client& client, Pieces& pieces) {
  for (;;) {
    const auto flushed = outbox_.flush(upstream);
    if (flushed == Io::broken) return State::broken;
    if (flushed != Io::moved) return State::sending;
    if (ended_) return State::sent;
    if (client.input().empty()) {
      waits_for_client_ = true;
      return State::sending;
    }

    pieces.assign(chunked_ ? 1 : 0, {});
    const auto taken = body_->pass_on(client, pieces);
    if (!taken) {
      refusal_ = taken.error();
      return State::malformed;
    }
    ended_ = body_->consumed();
    ChunkFrame frame;
    if (chunked_) frame.put_around(pieces, 0, taken->body, ended_);
    const auto sent = outbox_.send(upstream, pieces);
    client.consume(taken->input);
    if (sent == Io::broken) return State::broken;
  }
}

void RequestSender::stop() noexcept {
  wipe_head();
  opening_left_ = {};
  waits_for_client_ = false;
  outbox_.clear();
  if (state_ == State::sending) state_ = State::broken;
}

void RequestSender::wipe_head() noexcept {
  wipe_memory(head_.data(), head_.size());
  clear_and_shrink(head_);
}

}  // namespace keypool::gateway
