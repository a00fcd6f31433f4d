#include "provider/realtime.h"

namespace keypool::provider {

// A turn's usage may come in the message that completes it or in one behind it, so that the turn is
// settled only when the next one begins to speak.
void RealtimeTap::Turns::open(Path path, char bracket, std::uint64_t offset) {
  if (path == at("serverContent", "modelTurn") && complete) settle();
  if (path == at("usageMetadata") || path == at("serverContent")) in_turns = true;
  counts.open(path, bracket, offset);
}

void RealtimeTap::Turns::scalar(Path path, std::string_view token, std::uint64_t offset) {
  counts.scalar(path, token, offset);
  if (path == at("serverContent", "turnComplete") && token == "true") complete = true;
}

void RealtimeTap::Turns::settle() {
  const Usage usage = counts.total();
  if (settled) {
    *settled += usage;
  } else {
    settled = usage;
  }
  counts = {};
  complete = false;
}

void RealtimeTap::end_message() {
  scan_.finish(turns_);
  scan_.reset();
  turns_.counts.end_text();
  if (!turns_.in_turns && turns_.counts.total().reported) turns_.settle();
}

Usage RealtimeTap::finish() const {
  const Usage open = turns_.counts.total();
  if (!turns_.settled) return open;
  Usage usage = *turns_.settled;
  if (open != Usage{}) usage += open;
  return usage;
}

}  // namespace keypool::provider
