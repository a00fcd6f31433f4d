#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/server.h"
#include "lab/delivery.h"
#include "lab/question.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// What a realtime connection says to what it is told: OpenAI's realtime events and Gemini's Live
/// API, as far as a conversation in text goes. Voice is counted by its bytes, and answered in text.
///
/// Shapes: OpenAI's realtime and Gemini's Live API reference, read 2026-11.
class Conversation {
 public:
  /// `id` is unique within the run.
  Conversation(Family family, std::string model, std::string id)
      : family_(family), model_(std::move(model)), id_(std::move(id)) {}

  /// What it says before it is told anything.
  [[nodiscard]] std::vector<std::string> opening() const;

  /// What one message is answered with. An answer of the model's, if it asks for one, comes after:
  /// `asks` is true then.
  struct Heard {
    std::vector<std::string> replies = {};
    bool asks = false;
  };
  [[nodiscard]] Heard hear(std::string_view message);

  /// The model's answer: what comes before its text, a piece of it, and what comes behind.
  [[nodiscard]] std::vector<std::string> begin_answer();
  [[nodiscard]] std::string delta(std::string_view text) const;
  struct Answered {
    std::vector<std::string> messages;
    std::uint64_t input_tokens;  ///< all that was said before: each answer reads it anew
  };
  [[nodiscard]] Answered end_answer(std::string_view text, std::uint64_t tokens);

 private:
  [[nodiscard]] Heard hear_openai(std::string_view message);
  [[nodiscard]] Heard hear_gemini(std::string_view message);
  [[nodiscard]] std::string answer_id() const;

  Family family_;
  std::string model_;
  std::string id_;
  std::uint64_t heard_ = 0;  // tokens of the conversation so far
  std::uint64_t answers_ = 0;
};

/// How one connection is held, beside what is said.
struct RealtimeCall {
  const http::Request& request;
  http::Fields headers;
  Family family;
  const Fault* fault = nullptr;       ///< strikes in the middle of the first answer
  std::function<Plan()> plan_answer;  ///< of each answer
  /// Told what an answer used, just before its last message goes out.
  std::function<void(std::uint64_t input_tokens, std::uint64_t output_tokens)> on_answer;
};

/// Accepts the WebSocket and converses until the caller has enough, or the fault strikes.
boost::asio::awaitable<void> converse(http::Responder& responder, const RealtimeCall& call,
                                      Conversation& conversation);

/// Whether a request asks for a WebSocket.
[[nodiscard]] bool wants_websocket(const http::Request& request);

}  // namespace keypool::lab
