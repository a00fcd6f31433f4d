#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace keypool::lab {

/// The provider families that share the port.
enum class Family { openai, anthropic, gemini };

/// What can be asked of them.
enum class Operation {
  chat,          ///< OpenAI /v1/chat/completions
  completion,    ///< OpenAI /v1/completions
  response,      ///< OpenAI /v1/responses
  embedding,     ///< OpenAI /v1/embeddings, Gemini :embedContent and :batchEmbedContents
  message,       ///< Anthropic /v1/messages
  generate,      ///< Gemini :generateContent and :streamGenerateContent
  count_tokens,  ///< Anthropic and Gemini
  realtime,      ///< OpenAI /v1/realtime, Gemini's Live API: a WebSocket
  list_models,
  show_model,
  unknown,  ///< perhaps one of the endpoints of lab/resources.h
};

/// Something that a question refers to by its id, and that must be the caller's own.
struct Reference {
  std::string field;  ///< `file_id`, `previous_response_id`, `cachedContent`, …
  std::string id;
};

/// What a caller wants, and how it steers the answer (lab/scenario.h).
struct Question {
  Family family = Family::openai;
  Operation operation = Operation::unknown;
  std::string path;
  std::string model;
  bool stream = false;
  bool include_usage = false;  ///< OpenAI: usage is wanted within the stream
  bool sse = true;             ///< Gemini: events, else pieces of an array
  std::string mistake;         ///< what is wrong with the request; empty when nothing is

  std::uint64_t input_tokens = 0;
  std::optional<std::uint64_t> output_cap;

  std::uint64_t embeddings = 1;  ///< how many texts to embed
  std::uint64_t dimensions = 256;
  bool base64 = false;  ///< how to write embeddings
  bool batch = false;   ///< Gemini: many embeddings at once

  std::string tool;           ///< the tool to call; empty: the answer is text
  std::string tool_argument;  ///< what the tool's text is called
  std::vector<Reference> references;
  bool stores = true;       ///< OpenAI responses: it is kept for later
  bool background = false;  ///< OpenAI responses: it is asked for later
  bool takes_gzip = false;

  std::optional<std::uint64_t> wanted_tokens;  ///< x-lab-tokens
  std::optional<std::uint64_t> wanted_bytes;   ///< x-lab-bytes
  std::optional<std::chrono::milliseconds> wanted_first_token;
  std::optional<double> wanted_tokens_per_second;

  /// Whether limits are counted for it.
  [[nodiscard]] bool metered() const noexcept;
};

/// Reads questions. Keeps its buffers from one to the next.
///
/// Thread-safety: none.
class QuestionReader {
 public:
  QuestionReader();
  ~QuestionReader();

  [[nodiscard]] Question read(const http::Request& request);

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace keypool::lab
