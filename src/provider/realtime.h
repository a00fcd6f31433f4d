#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "provider/json_scan.h"
#include "provider/usage.h"
#include "provider/usage_counts.h"

namespace keypool::provider {

/// Counts what a realtime connection (WebSocket) used, from the messages that the provider sends:
/// OpenAI's `response.done`, one for each response of the conversation, and Gemini Live's
/// `usageMetadata`, of which a turn's last one counts. Unlike in one answer, these add up.
///
/// A response that the connection's end cuts off is estimated from its text, as a stream is.
///
///     tap.feed(piece); …; tap.end_message();   // for each message from the provider
///     ledger.add(tap.finish());
///
/// Messages that are no JSON (audio as it is) change nothing. Memory is bounded whatever the
/// messages' size. Sources: OpenAI's realtime and Gemini's Live API reference, read 2026-11.
class RealtimeTap {
 public:
  /// A message may come in pieces.
  void feed(std::string_view piece) { scan_.feed(piece, turns_); }
  void end_message();

  /// What the connection used until now, the response under way included.
  [[nodiscard]] Usage finish() const;

 private:
  /// The response or the turn under way, and the sum of those before.
  struct Turns : JsonSink {
    void open(Path path, char bracket, std::uint64_t offset);
    void close(Path path, char bracket, std::uint64_t offset) {
      counts.close(path, bracket, offset);
    }
    void scalar(Path path, std::string_view token, std::uint64_t offset);
    void string(Path path, const JsonText& text) { counts.string(path, text); }

    void settle();

    UsageCounts counts;
    bool in_turns = false;  // Gemini: usage is a turn's, of which more may come
    bool complete = false;  // the turn is over but for its usage
    std::optional<Usage> settled;
  };

  JsonScan scan_;
  Turns turns_;
};

/// What a client offers as subprotocols (`Sec-WebSocket-Protocol`), without the key that a browser
/// has to put there (see ClientCredentials), and without the organization and the project that may
/// stand beside it. Empty: nothing is left to offer.
[[nodiscard]] std::string without_subprotocol_credential(std::string_view offered);

}  // namespace keypool::provider
