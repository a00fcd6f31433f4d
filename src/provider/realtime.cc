#include "provider/realtime.h"

#include <algorithm>
#include <iterator>

#include "provider/media_type.h"

namespace keypool::provider {

namespace {

constexpr std::string_view kAccountProtocols[] = {"openai-insecure-api-key.",
                                                  "openai-organization.", "openai-project."};

std::string_view take_item(std::string_view& list) noexcept {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view item = trimmed(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return item;
}

}  // namespace

std::string without_subprotocol_credential(std::string_view offered) {
  std::string out;
  while (!offered.empty()) {
    const std::string_view item = take_item(offered);
    const bool of_account =
        std::any_of(std::begin(kAccountProtocols), std::end(kAccountProtocols),
                    [item](std::string_view prefix) { return item.starts_with(prefix); });
    if (item.empty() || of_account) continue;
    if (!out.empty()) out.append(", ");
    out.append(item);
  }
  return out;
}

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
