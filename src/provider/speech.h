#pragma once

#include <span>
#include <string>
#include <string_view>

#include "provider/call.h"
#include "provider/dialect.h"
#include "provider/rule.h"

namespace keypool::provider {

/// What differs between dialects, one object for each, in the file of its name.
struct Speech {
  CredentialPlace (*credential_place)(std::string_view target) noexcept;

  /// What the path (without the query) says of the call, before the body is read.
  void (*read_path)(std::string_view path, Call& call);

  /// What its refusals mean beyond their status, first match first.
  std::span<const Rule> rules;

  /// The dialect whose rules are asked next; null: none.
  const Speech* like = nullptr;

  std::string (*error_body)(std::string_view target, int status, std::string_view code,
                            std::string_view message);
};

[[nodiscard]] const Speech& speech_of(Dialect dialect) noexcept;

extern const Speech kOpenai;
extern const Speech kAnthropic;
extern const Speech kGemini;
extern const Speech kAzureOpenai;
extern const Speech kGeneric;

/// `{"error": {"message", "type", "param", "code"}}`, which most providers have taken over. Not so
/// Ollama's own API, whose `error` is the text, and Cohere's, whose `message` stands at the top.
[[nodiscard]] std::string openai_error_body(std::string_view target, int status,
                                            std::string_view code, std::string_view message);

/// Bytes of JSON; what is not UTF-8 in it is replaced.
template <class Json>
[[nodiscard]] std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace keypool::provider
