#include "secrets/key_shape.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace keypool::secrets {
namespace {

enum class Alphabet { alphanumeric, base64, base64url };

struct Row {
  std::string_view prefix;
  Alphabet alphabet;
  std::size_t least;  ///< characters after the prefix
  KeyShape shape;
};

/// A longer prefix stands before one that it begins with.
constexpr std::array kRows = {
    Row{"sk-ant-", Alphabet::base64url, 20, {"Anthropic", "ANTHROPIC_API_KEY"}},
    Row{"sk-or-v1-", Alphabet::alphanumeric, 20, {"OpenRouter", "OPENROUTER_API_KEY"}},
    Row{"sk-", Alphabet::base64url, 20, {"OpenAI", "OPENAI_API_KEY"}},
    Row{"AIza", Alphabet::base64url, 30, {"Google", "GEMINI_API_KEY"}},
    Row{"AQ.", Alphabet::base64url, 20, {"Google", "GEMINI_API_KEY"}},
    Row{"gsk_", Alphabet::alphanumeric, 40, {"Groq", "GROQ_API_KEY"}},
    Row{"xai-", Alphabet::alphanumeric, 40, {"xAI", "XAI_API_KEY"}},
    Row{"pplx-", Alphabet::alphanumeric, 40, {"Perplexity", "PERPLEXITY_API_KEY"}},
    Row{"csk-", Alphabet::alphanumeric, 30, {"Cerebras", "CEREBRAS_API_KEY"}},
    Row{"fw_", Alphabet::alphanumeric, 22, {"Fireworks", "FIREWORKS_API_KEY"}},
    Row{"tgp_v1_", Alphabet::base64url, 30, {"Together", "TOGETHER_API_KEY"}},
    Row{"ABSK", Alphabet::base64, 60, {"AWS Bedrock", "AWS_BEARER_TOKEN_BEDROCK"}},
    Row{"bedrock-api-key-", Alphabet::base64, 20, {"AWS Bedrock", "AWS_BEARER_TOKEN_BEDROCK"}},
    Row{"AKIA", Alphabet::alphanumeric, 16, {"AWS", "AWS_ACCESS_KEY_ID"}},
    Row{"ASIA", Alphabet::alphanumeric, 16, {"AWS", "AWS_ACCESS_KEY_ID"}},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }

bool belongs_to(Alphabet alphabet, char c) {
  switch (alphabet) {
    case Alphabet::alphanumeric:
      return is_alphanumeric(c);
    case Alphabet::base64:
      return is_alphanumeric(c) || c == '+' || c == '/';
    case Alphabet::base64url:
      return is_alphanumeric(c) || c == '-' || c == '_';
  }
  return false;
}

bool begins_with_key(std::string_view text, const Row& row) {
  if (!text.starts_with(row.prefix)) return false;
  const auto rest = text.substr(row.prefix.size());
  return rest.size() >= row.least && std::ranges::all_of(rest.substr(0, row.least), [&](char c) {
           return belongs_to(row.alphabet, c);
         });
}

/// People write words, then perhaps a number; a random generator changes between letters and digits
/// again and again.
bool random_run(std::string_view run) {
  constexpr std::size_t kLeastSize = 24;
  constexpr std::size_t kLeastChanges = 4;
  if (run.size() < kLeastSize) return false;
  std::size_t changes = 0;
  for (std::size_t at = 1; at < run.size(); ++at)
    changes += is_digit(run[at]) != is_digit(run[at - 1]);
  return changes >= kLeastChanges;
}

}  // namespace

std::optional<KeyShape> key_shape(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at > 0 && is_alphanumeric(text[at - 1])) continue;
    for (const Row& row : kRows) {
      if (begins_with_key(text.substr(at), row)) return row.shape;
    }
  }
  return std::nullopt;
}

bool looks_random(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto* const end = std::ranges::find_if_not(text, is_alphanumeric);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (random_run(text.substr(0, size))) return true;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return false;
}

}  // namespace keypool::secrets
