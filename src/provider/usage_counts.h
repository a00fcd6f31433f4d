#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "provider/json_scan.h"
#include "provider/usage.h"

namespace keypool::provider {

/// Picks the usage out of an answer's JSON as a scan goes over it, whichever provider's names it
/// uses: OpenAI's chat and responses, Anthropic's, Gemini's, Bedrock's, Cohere's, Ollama's. Names
/// tell the family, not the dialect: many servers speak several.
///
/// Counts are cumulative at every provider, so a later one replaces an earlier one.
class UsageCounts : public JsonSink {
 public:
  // Most of a stream is none of these's business; that much is found out inline.
  void open(Path path, char bracket, std::uint64_t) {
    if (usage_ == 0 && bracket == '{' && kUsageNames.has(last_word(path))) enter(path);
  }
  void close(Path path, char, std::uint64_t) {
    if (path == usage_) usage_ = 0;
  }
  void scalar(Path path, std::string_view token, std::uint64_t) {
    if (usage_ != 0 || path == at("eval_count") || path == at("prompt_eval_count")) {
      take(path, token);
    }
  }
  void string(Path path, const JsonText& text) {
    if (kTextNames.has(last_word(path)) && is_generated_text(path)) text_bytes_ += text.bytes;
    if (usage_ != 0 && last_word(path) == word("modality")) modality_ = modality_of(text.head);
  }

  /// The JSON text ends here, complete or not; another may follow.
  void end_text() noexcept { usage_ = 0; }

  [[nodiscard]] Usage total() const;

 private:
  enum Count : std::uint8_t {
    prompt,  // cached input included
    completion,
    all,    // what the provider says is the sum
    input,  // cached input included or not: see total()
    output,
    cached,
    cache_write,
    cache_read_apart,  // cached input that `input` leaves out
    cache_write_apart,
    cache_write_5m_apart,
    cache_write_1h_apart,
    audio_in,
    audio_out,
    reasoning,
    reasoning_apart,    // reasoning that the output leaves out
    tool_prompt_apart,  // input that the prompt leaves out
    image_in,
    image_out,
    count_kinds,
  };

  enum class Modality : std::uint8_t { other, audio, image };

  static constexpr WordSet kUsageNames{"usage", "usageMetadata", "meta"};
  // The words that may stand on the way to generated text.
  static constexpr WordSet kTextWay{
      "[]",        "messages",   "choices",  "candidates", "message",           "content",
      "contents",  "parts",      "text",     "delta",      "thinking",          "partial_json",
      "arguments", "tool_calls", "function", "reasoning",  "reasoning_content", "refusal",
      "response",  "output",     "data",     "completion", "serverContent",     "modelTurn"};

  static constexpr WordSet kTextNames{
      "content",      "text",       "delta",     "thinking",
      "partial_json", "arguments",  "reasoning", "reasoning_content",
      "refusal",      "completion", "response"};

  [[nodiscard]] static bool is_generated_text(Path path) noexcept;
  [[nodiscard]] static std::optional<Count> count_at(Path inside) noexcept;
  [[nodiscard]] static std::optional<Count> part_at(Path inside, Modality modality) noexcept;
  [[nodiscard]] static Modality modality_of(std::string_view name) noexcept;
  void enter(Path path) noexcept;
  void take(Path path, std::string_view token) noexcept;
  void set(Count count, std::string_view token, bool closing) noexcept;

  std::array<std::uint64_t, count_kinds> counts_{};
  std::uint32_t seen_ = 0;               // one bit a Count
  std::uint64_t text_bytes_ = 0;         // of what was generated
  Path usage_ = 0;                       // where the usage object stands that is open; 0: none
  Modality modality_ = Modality::other;  // of the part that is read (Gemini)
  bool closing_ = false;  // seen where the whole call's usage stands, not only its start's
};

}  // namespace keypool::provider
