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
    if (flushed != Io::moved) return State::moving;
    if (ended_) return State::done;

    Passed passed;
    if (!std::exchange(begun_, true)) {
      passed = pass(answer_.raw());
      answer_.forget_body();
    } else {
      const auto result = upstream_->read(scratch_.bytes);
      if (result.io == Io::wants_read || result.io == Io::wants_write) return State::moving;
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
  auto& decoder = answer_.decoder();
  do {
    const bool held_back = begin_write();
    // What the filter gave of these is good until it is fed again.
    const bool well_formed = (held_back && filter_) || decode(bytes);
    if (write(decoder.done() && !filter_) == Io::broken) return Passed::client_broken;
    if (!well_formed) return Passed::malformed;
  } while (!bytes.empty() && !decoder.done());

  if (decoder.done() && filter_) {
    begin_write();
    filter_->finish(scratch_.runs);
    for (const auto run : scratch_.runs) add(run);
    if (write(true) == Io::broken) return Passed::client_broken;
  }
  ended_ = decoder.done();
  // Bytes after the answer's end were not asked for: the next answer would be taken for them.
  if (!bytes.empty() && upstream_ != nullptr) upstream_->close();
  return Passed::all;
}

// The head, a place for the size of a chunk, and then the body's bytes. True: with the head goes
// what was read ahead.
bool Relay::begin_write() {
  scratch_.pieces.assign({head_, {}});
  scratch_.runs.clear();
  chunk_ = 0;
  if (std::exchange(head_, {}).empty()) return false;
  take(answer_.ahead());
  return !answer_.ahead().empty();
}

Io Relay::write(bool ends) {
  bytes_ += chunk_;
  ChunkFrame frame;
  if (chunked_) frame.put_around(scratch_.pieces, 1, chunk_, ends);
  return client_.outbox().send(client_.connection(), scratch_.pieces);
}

// False when upstream's framing is malformed.
bool Relay::decode(std::string_view& bytes) {
  while (!bytes.empty() && !answer_.decoder().done() && scratch_.pieces.size() < kMostPieces) {
    const auto step = answer_.decoder().next(bytes);
    if (!step) return false;
    bytes.remove_prefix(step->used);
    take(step->data);
    if (filter_ && !step->data.empty()) break;  // what it gave is good until it is fed again
  }
  return true;
}

void Relay::take(std::string_view data) {
  if (data.empty()) return;
  if (tap_ != nullptr) tap_->feed(data);
  if (!filter_) return add(data);
  filter_->feed(data, scratch_.runs);
  for (const auto run : scratch_.runs) add(run);
}

void Relay::add(std::string_view data) {
  if (data.empty()) return;
  scratch_.pieces.push_back(data);
  chunk_ += data.size();
}

}  // namespace keypool::gateway
