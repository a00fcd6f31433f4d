#include "provider/dialect.h"

#include <algorithm>
#include <array>
#include <span>

#include "provider/client_credentials.h"
#include "provider/phrase.h"
#include "provider/speech.h"

namespace keypool::provider {

namespace {

struct Named {
  Dialect dialect;
  std::string_view name;
  const Speech& speech;
};

constexpr std::array<Named, 5> kDialects{{
    {Dialect::openai, "openai", kOpenai},
    {Dialect::anthropic, "anthropic", kAnthropic},
    {Dialect::gemini, "gemini", kGemini},
    {Dialect::azure_openai, "azure_openai", kAzureOpenai},
    {Dialect::generic, "generic", kGeneric},
}};

const Named& named(Dialect dialect) noexcept {
  return *std::find_if(kDialects.begin(), kDialects.end() - 1,
                       [&](const Named& one) { return one.dialect == dialect; });
}

/// A list of header names that is asked about every header of every call: a hash table made when
/// compiling, so that most names are answered by one look at an empty slot.
class HeaderNames {
 public:
  template <std::size_t N>
  consteval explicit HeaderNames(const std::string_view (&names)[N]) {
    static_assert(N * 2 < kSlots);
    for (const std::string_view name : names) {
      std::size_t slot = slot_of(name);
      while (!slots_[slot].empty()) slot = (slot + 1) % kSlots;
      slots_[slot] = name;
    }
  }

  [[nodiscard]] bool contain(std::string_view name) const noexcept {
    if (name.empty()) return false;
    for (std::size_t slot = slot_of(name); !slots_[slot].empty(); slot = (slot + 1) % kSlots) {
      if (http::same_name(slots_[slot], name)) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kSlots = 256;

  // Without the bit that tells upper from lower case.
  static constexpr std::size_t slot_of(std::string_view name) noexcept {
    const auto letter = [](char c) { return static_cast<std::size_t>(c & 0x1f); };
    return (name.size() * 7 + letter(name.front()) * 13 + letter(name[name.size() / 2]) * 29 +
            letter(name.back()) * 5) %
           kSlots;
  }

  std::array<std::string_view, kSlots> slots_{};
};

constexpr std::string_view kOwnPrefix = "x-keypool-";

constexpr std::string_view kRequestNames[] = {
    // credentials
    "authorization", "x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key",
    "x-amz-security-token", "cookie",
    // whose account pays
    "openai-organization", "openai-project", "anthropic-workspace-id", "x-goog-user-project",
    // where the call comes from: Anthropic takes it for a browser's and refuses
    "origin", "referer",
    // this connection's own (RFC 9110 §7.6.1)
    "host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "expect"};
constexpr HeaderNames kStayBehind{kRequestNames};

constexpr std::string_view kAnswerNames[] = {
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "te", "trailer",
    "transfer-encoding", "upgrade",
    // promises about the provider's host, not about the gateway's
    "alt-svc", "strict-transport-security", "set-cookie",
    // whose account paid
    "openai-organization", "openai-project", "anthropic-organization-id", "anthropic-workspace-id"};
constexpr HeaderNames kKeptFromClient{kAnswerNames};

constexpr std::string_view kLimitPrefixes[] = {
    "x-ratelimit-",  // OpenAI and most others
    "anthropic-ratelimit-",
    "anthropic-priority-",
    "anthropic-fast-",
    "ratelimit-",  // the IETF's draft
    "ratelimitbysize-",
    "x-ratelimitbysize-",  // Mistral, older
    "x-tokenlimit-",       // Together
    "x-trial-endpoint-call-",
    "x-endpoint-monthly-call-",  // Cohere
};

constexpr std::size_t kShortestLimitName = std::string_view("ratelimit-").size();

// `Authorization` is where Azure's SDK puts a browser's token.
bool carries_credential(std::string_view query_field) {
  return names_credential(query_field) || query_field.starts_with("Authorization=");
}

}  // namespace

std::string_view to_string(Dialect dialect) noexcept { return named(dialect).name; }

std::optional<Dialect> dialect_from(std::string_view name) noexcept {
  for (const Named& one : kDialects) {
    if (one.name == name) return one.dialect;
  }
  return std::nullopt;
}

const Speech& speech_of(Dialect dialect) noexcept { return named(dialect).speech; }

CredentialPlace credential_place(Dialect dialect, std::string_view target) noexcept {
  return speech_of(dialect).credential_place(target);
}

bool stays_behind(std::string_view request_header_name) noexcept {
  return kStayBehind.contain(request_header_name) ||
         starts_with_phrase(request_header_name, kOwnPrefix);
}

bool kept_from_client(std::string_view answer_header_name) noexcept {
  return kKeptFromClient.contain(answer_header_name) ||
         starts_with_phrase(answer_header_name, kOwnPrefix) || describes_limits(answer_header_name);
}

bool describes_limits(std::string_view answer_header_name) noexcept {
  if (answer_header_name.size() < kShortestLimitName ||
      std::string_view("xXaArR").find(answer_header_name.front()) == std::string_view::npos) {
    return false;
  }
  return std::any_of(
      std::begin(kLimitPrefixes), std::end(kLimitPrefixes),
      [&](std::string_view prefix) { return starts_with_phrase(answer_header_name, prefix); });
}

bool is_address(std::string_view answer_header_name) noexcept {
  constexpr std::string_view kAddresses[] = {"location", "content-location", "operation-location",
                                             "x-goog-upload-url", "x-goog-upload-control-url"};
  return std::any_of(std::begin(kAddresses), std::end(kAddresses), [&](std::string_view name) {
    return http::same_name(name, answer_header_name);
  });
}

std::string_view query_credential(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {};
  for (std::string_view query = target.substr(mark + 1);;) {
    const std::string_view field = query.substr(0, query.find('&'));
    if (carries_credential(field)) return field;
    if (field.size() == query.size()) return {};
    query.remove_prefix(field.size() + 1);
  }
}

std::string without_query_credential(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return std::string(target);
  std::string out(target.substr(0, mark));
  char before = '?';
  for (std::string_view query = target.substr(mark + 1);;) {
    const std::string_view field = query.substr(0, query.find('&'));
    if (!carries_credential(field)) {
      out.push_back(before);
      out.append(field);
      before = '&';
    }
    if (field.size() == query.size()) return out;
    query.remove_prefix(field.size() + 1);
  }
}

}  // namespace keypool::provider
