#include "gateway/relay.h"

#include <utility>

namespace keypool::gateway {
namespace {

// Scratch buffers of one call before others get their turn: a megabyte.
constexpr int kTurn = 16;

constexpr std::size_t kMostPieces = 60;  // of one write

}  // namespace

Relay::Relay(Answer& answer, Connection* upstream, Client& client, const http::Framing& to_client,
             std::string_view head, provider::UsageTap* tap, Scratch& scratch)
    : answer_(answer),
      upstream_(upstream),
      client_(client),
      chunked_(to_client.kind == http::Framing::Kind::chunked),
      head_(head),
      tap_(tap),
      scratch_(scratch) {}

Relay::State Relay::advance() {
  for (int turn = 0; turn < kTurn; ++turn) {
    const auto flushed = client_.outbox().flush(client_.connection());
    if (flushed == Io::broken) return State::client_broken;
    if (flushed != Io::moved) {
      client_.connection().arm(flushed);
      return State::moving;
    }
    if (ended_) return State::done;

    Passed passed;
    if (!std::exchange(begun_, true)) {
      passed = pass(answer_.raw());
      answer_.forget_body();
    } else {
      const auto result = upstream_->read(scratch_.bytes);
      if (result.io == Io::wants_read || result.io == Io::wants_write) {
        upstream_->arm(result.io);
        return State::moving;
      }
      if (result.io == Io::broken) return State::upstream_broken;
      if (result.io == Io::end && !answer_.decoder().end()) return State::upstream_broken;
      passed = pass({scratch_.bytes.data(), result.bytes});
    }
    if (passed == Passed::malformed) return State::upstream_broken;
    if (passed == Passed::client_broken) return State::client_broken;
  }
  return State::yielding;
}

// Decodes `bytes` and sends what is in them, in as few writes as their number of pieces allows.
Relay::Passed Relay::pass(std::string_view bytes) {
  auto& pieces = scratch_.pieces;
  do {
    // The head, a place for the size of a chunk, and the body's bytes.
    pieces.assign({head_, {}});
    chunk_ = 0;
    if (!head_.empty()) add(answer_.ahead());
    head_ = {};
    const bool well_formed = decode(bytes);
    ended_ = answer_.decoder().done();
    bytes_ += chunk_;
    ChunkFrame frame;
    if (chunked_) frame.put_around(pieces, 1, chunk_, ended_);
    if (client_.outbox().send(client_.connection(), pieces) == Io::broken) {
      return Passed::client_broken;
    }
    if (!well_formed) return Passed::malformed;
  } while (!bytes.empty() && !ended_);
  // Bytes after the answer's end were not asked for: the next answer would be taken for them.
  if (!bytes.empty() && upstream_ != nullptr) upstream_->close();
  return Passed::all;
}

// False when upstream's framing is malformed.
bool Relay::decode(std::string_view& bytes) {
  while (!bytes.empty() && !answer_.decoder().done() && scratch_.pieces.size() < kMostPieces) {
    const auto step = answer_.decoder().next(bytes);
    if (!step) return false;
    bytes.remove_prefix(step->used);
    add(step->data);
  }
  return true;
}

void Relay::add(std::string_view data) {
  if (data.empty()) return;
  scratch_.pieces.push_back(data);
  chunk_ += data.size();
  if (tap_ != nullptr) tap_->feed(data);
}

}  // namespace keypool::gateway
