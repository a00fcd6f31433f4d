#include "provider/known.h"

#include <algorithm>

#include "http/header.h"

namespace keypool::provider {

namespace {

constexpr KnownProvider kKnown[] = {
    {"openai", "https://api.openai.com", Dialect::openai, "OPENAI_API_KEY"},
    {"anthropic", "https://api.anthropic.com", Dialect::anthropic, "ANTHROPIC_API_KEY"},
    {"gemini", "https://generativelanguage.googleapis.com", Dialect::gemini, "GEMINI_API_KEY"},
    {"gemini", "https://generativelanguage.googleapis.com", Dialect::gemini, "GOOGLE_API_KEY"},
    {"groq", "https://api.groq.com/openai", Dialect::openai, "GROQ_API_KEY"},
    // Refuses a call with `stream_options` (422) and tells the usage of every stream.
    {"mistral", "https://api.mistral.ai", Dialect::openai, "MISTRAL_API_KEY", StreamUsage::unasked},
    {"deepseek", "https://api.deepseek.com", Dialect::openai, "DEEPSEEK_API_KEY"},
    {"xai", "https://api.x.ai", Dialect::openai, "XAI_API_KEY"},
    {"openrouter", "https://openrouter.ai/api", Dialect::openai, "OPENROUTER_API_KEY",
     StreamUsage::unasked},
    {"together", "https://api.together.ai", Dialect::openai, "TOGETHER_API_KEY"},
    {"fireworks", "https://api.fireworks.ai/inference", Dialect::openai, "FIREWORKS_API_KEY"},
    {"cohere", "https://api.cohere.com", Dialect::openai, "COHERE_API_KEY", StreamUsage::unasked},
    {"cohere", "https://api.cohere.com", Dialect::openai, "CO_API_KEY", StreamUsage::unasked},
    {"cerebras", "https://api.cerebras.ai", Dialect::openai, "CEREBRAS_API_KEY"},
    {"perplexity", "https://api.perplexity.ai", Dialect::openai, "PERPLEXITY_API_KEY",
     StreamUsage::unasked},
    {"ollama", "http://127.0.0.1:11434", Dialect::openai},
    {"llamacpp", "http://127.0.0.1:8080", Dialect::openai},
    {"vllm", "http://127.0.0.1:8000", Dialect::openai},
};

std::string_view host_of(std::string_view url) noexcept {
  const std::size_t slashes = url.find("//");
  url.remove_prefix(slashes + 2);
  return url.substr(0, url.find_first_of(":/"));
}

// `mistral.ai` of `api.eu.mistral.ai`.
std::string_view domain_of(std::string_view host) noexcept {
  const std::size_t last = host.rfind('.');
  if (last == std::string_view::npos || last == 0) return host;
  const std::size_t before = host.rfind('.', last - 1);
  return before == std::string_view::npos ? host : host.substr(before + 1);
}

}  // namespace

std::span<const KnownProvider> known_providers() noexcept { return kKnown; }

const KnownProvider* known_provider_at(std::string_view host) noexcept {
  const auto found =
      std::find_if(std::begin(kKnown), std::end(kKnown), [&](const KnownProvider& provider) {
        return !provider.variable.empty() &&
               http::same_name(domain_of(host_of(provider.base_url)), domain_of(host));
      });
  return found == std::end(kKnown) ? nullptr : found;
}

}  // namespace keypool::provider
