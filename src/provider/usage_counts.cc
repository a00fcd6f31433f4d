#include "provider/usage_counts.h"

#include <algorithm>
#include <charconv>

namespace keypool::provider {

namespace {

// Anthropic's first event has its usage here: the input, and an output that only begins.
constexpr Path kStartedUsage = at("message", "usage");

bool holds_usage(Path path) noexcept {
  switch (path) {
    case at("usage"):              // OpenAI, Anthropic, Bedrock, Cohere v2, Interactions
    case at("response", "usage"):  // OpenAI responses, streamed; realtime
    case kStartedUsage:
    case at("delta", "usage"):        // Cohere v2, streamed
    case at("interaction", "usage"):  // Gemini interactions, streamed
    case at("x_groq", "usage"):
    case at("choices", "[]", "usage"):     // Moonshot and kin, streamed
    case at("usageMetadata"):              // Gemini
    case at("response", "usageMetadata"):  // Gemini behind Code Assist
    case at("meta"):                       // Cohere v1
    case at("response", "meta"):           // Cohere v1, streamed
      return true;
    default:
      return false;
  }
}

// The path from the usage object inwards, or 0 when the path does not lead through it.
Path inside(Path path, Path usage) noexcept {
  for (int words = 1; words <= 3; ++words) {
    const int bits = words * 8;
    if (path >> bits == usage) return path & ((Path{1} << bits) - 1);
  }
  return 0;
}

std::optional<std::uint64_t> read_count(std::string_view token) noexcept {
  constexpr double kMost = 1e15;  // far above any call, far below what a sum could overflow
  double value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  if (!(value >= 0 && value <= kMost)) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

}  // namespace

std::optional<UsageCounts::Count> UsageCounts::count_at(Path inside) noexcept {
  switch (inside) {
    case at("prompt_tokens"):
    case at("promptTokenCount"):
    case at("total_input_tokens"):
      return prompt;
    case at("completion_tokens"):
    case at("candidatesTokenCount"):
    case at("responseTokenCount"):
    case at("total_output_tokens"):
      return completion;
    case at("total_tokens"):
      return all;
    case at("input_tokens"):
    case at("inputTokens"):
    case at("billed_units", "input_tokens"):
      return input;
    case at("output_tokens"):
    case at("outputTokens"):
    case at("billed_units", "output_tokens"):
      return output;
    case at("prompt_tokens_details", "cached_tokens"):
    case at("input_tokens_details", "cached_tokens"):
    case at("input_token_details", "cached_tokens"):
    case at("cached_tokens"):
    case at("prompt_cache_hit_tokens"):
    case at("cachedContentTokenCount"):
    case at("total_cached_tokens"):
      return cached;
    case at("prompt_tokens_details", "cache_write_tokens"):
    case at("input_tokens_details", "cache_write_tokens"):
      return cache_write;
    case at("cache_read_input_tokens"):
    case at("cacheReadInputTokens"):
      return cache_read_apart;
    case at("cache_creation_input_tokens"):
    case at("cacheWriteInputTokens"):
      return cache_write_apart;
    case at("cache_creation", "ephemeral_5m_input_tokens"):
      return cache_write_5m_apart;
    case at("cache_creation", "ephemeral_1h_input_tokens"):
      return cache_write_1h_apart;
    case at("prompt_tokens_details", "audio_tokens"):
    case at("input_tokens_details", "audio_tokens"):
    case at("input_token_details", "audio_tokens"):
      return audio_in;
    case at("completion_tokens_details", "audio_tokens"):
    case at("output_tokens_details", "audio_tokens"):
    case at("output_token_details", "audio_tokens"):
      return audio_out;
    case at("completion_tokens_details", "reasoning_tokens"):
    case at("output_tokens_details", "reasoning_tokens"):
    case at("output_token_details", "reasoning_tokens"):
    case at("output_tokens_details", "thinking_tokens"):
      return reasoning;
    case at("thoughtsTokenCount"):
    case at("total_thought_tokens"):
      return reasoning_apart;
    case at("toolUsePromptTokenCount"):
    case at("total_tool_use_tokens"):
      return tool_prompt_apart;
    case at("prompt_tokens_details", "image_tokens"):
    case at("input_tokens_details", "image_tokens"):
    case at("input_token_details", "image_tokens"):
      return image_in;
    case at("completion_tokens_details", "image_tokens"):
    case at("output_tokens_details", "image_tokens"):
    case at("output_token_details", "image_tokens"):
      return image_out;
    default:
      return std::nullopt;
  }
}

// Gemini tells parts as a list of `{modality, tokenCount}`.
std::optional<UsageCounts::Count> UsageCounts::part_at(Path inside, Modality modality) noexcept {
  if (modality == Modality::other) return std::nullopt;
  const bool audio = modality == Modality::audio;
  switch (inside) {
    case at("promptTokensDetails", "[]", "tokenCount"):
      return audio ? audio_in : image_in;
    case at("candidatesTokensDetails", "[]", "tokenCount"):
    case at("responseTokensDetails", "[]", "tokenCount"):
      return audio ? audio_out : image_out;
    default:
      return std::nullopt;
  }
}

UsageCounts::Modality UsageCounts::modality_of(std::string_view name) noexcept {
  if (name == "AUDIO") return Modality::audio;
  return name == "IMAGE" ? Modality::image : Modality::other;
}

// A place where generated text stands. Only kTextWay leads there, which keeps out the repetitions
// of a responses stream (`item`, `part`), ids and names; so does `response` at the root, unless it
// is a string itself: Ollama's generate.
bool UsageCounts::is_generated_text(Path path) noexcept {
  if (last_word(path) == word("response")) return path == at("response");
  Word outermost = 0;
  for (; path != 0; path >>= 8) {
    outermost = last_word(path);
    if (!kTextWay.has(outermost)) return false;
  }
  return outermost != word("response");
}

void UsageCounts::enter(Path path) noexcept {
  if (holds_usage(path)) usage_ = path;
}

void UsageCounts::take(Path path, std::string_view token) noexcept {
  if (usage_ == 0) {
    set(path == at("eval_count") ? output : input, token, true);
    return;
  }
  const Path within = inside(path, usage_);
  if (const auto count = count_at(within)) set(*count, token, usage_ != kStartedUsage);
  if (const auto part = part_at(within, modality_)) set(*part, token, usage_ != kStartedUsage);
}

void UsageCounts::set(Count count, std::string_view token, bool closing) noexcept {
  const auto value = read_count(token);
  if (!value) return;
  const bool known = (seen_ & 1u << count) != 0;
  // Some servers send a nought where they have nothing new to say.
  if (*value != 0 || !known) counts_[count] = *value;
  seen_ |= 1u << count;
  closing_ = closing_ || closing;
}

Usage UsageCounts::total() const {
  constexpr std::uint64_t kBytesPerToken = 3;
  const auto saw = [&](Count count) { return (seen_ & 1u << count) != 0; };
  const auto& c = counts_;
  Usage usage;
  usage.reported = closing_;

  if (saw(prompt) || saw(completion)) {
    usage.input_tokens = c[prompt] + c[tool_prompt_apart];
    usage.output_tokens = c[completion] + c[reasoning_apart];
    usage.cached_tokens = c[cached];
    usage.cache_write_tokens = c[cache_write];
    // xAI, and Gemini behind OpenAI's shape, leave reasoning out of the completion, not of the sum.
    if (saw(completion) && c[all] > usage.input_tokens) {
      usage.output_tokens = std::max(usage.output_tokens, c[all] - usage.input_tokens);
    }
  } else {
    const std::uint64_t written =
        std::max(c[cache_write_apart], c[cache_write_5m_apart] + c[cache_write_1h_apart]);
    usage.input_tokens = c[input] + c[cache_read_apart] + written;
    usage.output_tokens = c[output];
    usage.cached_tokens = c[cached] + c[cache_read_apart];
    usage.cache_write_1h_tokens = c[cache_write_1h_apart];
    usage.cache_write_tokens = c[cache_write] + written - c[cache_write_1h_apart];
  }
  usage.audio_input_tokens = c[audio_in];
  usage.audio_output_tokens = c[audio_out];
  usage.reasoning_tokens = c[reasoning] + c[reasoning_apart];
  usage.image_input_tokens = c[image_in];
  usage.image_output_tokens = c[image_out];
  usage.tool_input_tokens = c[tool_prompt_apart];

  if (!usage.reported) {
    usage.output_tokens =
        std::max(usage.output_tokens, (text_bytes_ + kBytesPerToken - 1) / kBytesPerToken);
  }
  // Parts are parts, whatever was sent: what is computed with them must not go below nought.
  usage.cached_tokens = std::min(usage.cached_tokens, usage.input_tokens);
  usage.reasoning_tokens = std::min(usage.reasoning_tokens, usage.output_tokens);
  usage.tool_input_tokens = std::min(usage.tool_input_tokens, usage.input_tokens);
  return usage;
}

}  // namespace keypool::provider
