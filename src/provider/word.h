#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace keypool::provider {

/// The member names that somebody in this room looks for in a JSON text. A word is a name's number
/// in this list, so that a place in a text is one integer (`Path`) and finding out whether it is a
/// wanted one is one comparison. Adding a name is adding it here; the order means nothing.
inline constexpr std::string_view kWords[] = {
    "",    // 0: no word; a path ends above it
    "?",   // 1: a name that nobody looks for
    "[]",  // 2: an element of an array
    // what a request says of itself
    "model", "stream", "stream_options", "include_usage", "max_tokens", "max_completion_tokens",
    "max_output_tokens", "max_tokens_to_sample", "n", "generationConfig", "generation_config",
    "maxOutputTokens", "candidateCount", "candidate_count", "options", "num_predict",
    "inferenceConfig", "maxTokens",
    // text, and what is no text though it stands in a string
    "messages", "choices", "candidates", "message", "content", "contents", "parts", "text", "delta",
    "thinking", "partial_json", "arguments", "tool_calls", "function", "reasoning_content",
    "reasoning", "refusal", "response", "output", "completion", "data", "url", "image_url",
    "file_data", "images", "encrypted_content", "signature", "thoughtSignature",
    "thought_signature", "b64_json",
    // what calls of one conversation have in common
    "prompt_cache_key", "session_id", "metadata", "user_id", "user", "prompt", "system",
    "systemInstruction", "system_instruction", "instructions", "tools",
    // where usage stands
    "usage", "usageMetadata", "meta", "x_groq", "interaction",
    // what stands in it
    "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
    "prompt_tokens_details", "completion_tokens_details", "input_tokens_details",
    "output_tokens_details", "input_token_details", "output_token_details", "cached_tokens",
    "cache_write_tokens", "audio_tokens", "reasoning_tokens", "thinking_tokens",
    "prompt_cache_hit_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
    "cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "billed_units",
    "inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens",
    "promptTokenCount", "candidatesTokenCount", "responseTokenCount", "thoughtsTokenCount",
    "cachedContentTokenCount", "toolUsePromptTokenCount", "total_input_tokens",
    "total_output_tokens", "total_thought_tokens", "total_cached_tokens", "total_tool_use_tokens",
    "prompt_eval_count", "eval_count", "image_tokens", "promptTokensDetails",
    "candidatesTokensDetails", "responseTokensDetails", "modality", "tokenCount",
    // what belongs to the account that made it
    "id", "name", "file", "files", "input", "store", "file_id", "file_ids", "input_file_id",
    "output_file_id", "error_file_id", "input_files", "output_file", "error_file", "training_file",
    "validation_file", "result_files", "fine_tuned_model", "previous_response_id",
    "previous_interaction_id", "conversation", "conversation_id", "container", "container_id",
    "vector_store_id", "vector_store_ids", "cachedContent", "cached_content", "cachedContents",
    "fileUri", "file_uri", "batch_id", "batches", "assistant_id", "thread_id", "agent_id",
    "skill_id", "dataset_id", "library_ids",
    // Gemini's live messages
    "serverContent", "modelTurn", "turnComplete"};

using Word = std::uint8_t;

inline constexpr Word kOtherName = 1;
inline constexpr Word kElement = 2;
static_assert(std::size(kWords) <= 255);

/// The word for a name known when compiling; a name that is not in the list does not compile.
consteval Word word(std::string_view name) {
  for (std::size_t i = 1; i < std::size(kWords); ++i) {
    if (kWords[i] == name) return static_cast<Word>(i);
  }
  throw "not in kWords";
}

/// A handful of words, asked about every value of a text.
class WordSet {
 public:
  template <class... Names>
  consteval WordSet(Names... names) {
    ((has_[word(names)] = true), ...);
  }

  [[nodiscard]] constexpr bool has(Word one) const noexcept { return has_[one]; }

 private:
  std::array<bool, 256> has_{};
};

/// A place in a JSON text: the words from the root to it, one byte each, the innermost lowest.
using Path = std::uint64_t;

inline constexpr int kPathDepth = 8;

/// `at("choices", "[]", "delta")`
template <class... Names>
consteval Path at(Names... names) {
  static_assert(sizeof...(names) <= kPathDepth);
  Path path = 0;
  ((path = path << 8 | word(names)), ...);
  return path;
}

[[nodiscard]] constexpr Word last_word(Path path) noexcept {
  return static_cast<Word>(path & 0xff);
}

/// The word for a name found in a text; kOtherName when nobody looks for it.
[[nodiscard]] Word find_word(std::string_view name) noexcept;

}  // namespace keypool::provider
