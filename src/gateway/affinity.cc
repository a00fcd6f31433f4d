#include "gateway/affinity.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "http/header.h"
#include "provider/json_scan.h"

namespace keypool::gateway {
namespace {

using provider::at;
using provider::JsonText;
using provider::Path;

// Boundaries that are kept: the last few messages, since a conversation grows by two or three a
// call and clients like to mark the last one, and powers of two below.
constexpr std::size_t kLast = 8;

// Prefixes of a prompt that is one text: nothing shorter is worth a cache (OpenAI's and Anthropic's
// begin at 1,024 tokens; docs read 2026-11).
constexpr std::size_t kShortestText = 1024;

// Not for keeping secrets: fast, and not to be foretold without the salt.
class Hash {
 public:
  explicit Hash(std::uint64_t seed) noexcept : state_(seed) {}

  Hash& add(std::uint64_t word) noexcept {
    state_ = (state_ ^ word) * 0x9FB21C651E98DF25;
    state_ ^= state_ >> 32;
    return *this;
  }

  Hash& add(std::string_view text) noexcept {
    add(text.size());
    for (; text.size() >= 8; text.remove_prefix(8)) {
      std::uint64_t word;
      std::memcpy(&word, text.data(), 8);
      add(word);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, text.data(), text.size());
    return add(rest);
  }

  [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_;
};

// Where what counts stands in a body.
class Prompt : public provider::JsonSink {
 public:
  Prompt(std::string_view body, std::uint64_t salt, std::vector<std::uint64_t>& messages)
      : body_(body), salt_(salt), messages_(messages) {}

  void open(Path path, char, std::uint64_t offset) {
    if (is_list(path)) message_begin_ = offset + 1;
    if (is_before(path)) before_begin_ = offset;
  }

  void close(Path path, char, std::uint64_t offset) {
    if (is_message(path)) add_message(offset + 1);
    if (is_before(path)) add_before(body_.substr(before_begin_, offset - before_begin_));
  }

  void string(Path path, const JsonText& text) {
    if (is_session(path) && !text.head.empty()) session_ = text.head;
    if (is_before(path)) add_before(text.head);
    if (path == at("prompt") || path == at("input")) text_ = text.head;
  }

  [[nodiscard]] std::string_view session() const noexcept { return session_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] std::uint64_t before() const noexcept { return before_; }

 private:
  static bool is_list(Path path) noexcept {
    return path == at("messages") || path == at("contents") || path == at("input");
  }
  static bool is_message(Path path) noexcept {
    return path == at("messages", "[]") || path == at("contents", "[]") ||
           path == at("input", "[]");
  }
  static bool is_before(Path path) noexcept {
    return path == at("system") || path == at("tools") || path == at("instructions") ||
           path == at("systemInstruction") || path == at("system_instruction");
  }
  static bool is_session(Path path) noexcept {
    return path == at("prompt_cache_key") || path == at("session_id") ||
           path == at("conversation") || path == at("conversation", "id") ||
           path == at("metadata", "user_id") || path == at("user");
  }

  void add_message(std::uint64_t end) {
    const auto message = body_.substr(message_begin_, end - message_begin_);
    messages_.push_back(Hash(salt_).add(message).value());
    message_begin_ = end;
  }
  void add_before(std::string_view text) { before_ ^= Hash(salt_).add(text).value(); }

  std::string_view body_;
  std::uint64_t salt_;
  std::vector<std::uint64_t>& messages_;  // a hash of each
  std::uint64_t message_begin_ = 0;
  std::uint64_t before_begin_ = 0;
  std::uint64_t before_ = 0;  // of what stands before the messages, in whatever order
  std::string_view session_;
  std::string_view text_;
};

// Turns the messages' own hashes into those of the prompt up to each, and keeps some of them.
void keep_prefixes(std::uint64_t before, std::vector<std::uint64_t>& messages) {
  Hash prefix(before);
  for (auto& message : messages) message = prefix.add(message).value();
  const auto count = messages.size();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (count - i <= kLast || std::has_single_bit(i + 1)) messages[kept++] = messages[i];
  }
  messages.resize(kept);
  std::reverse(messages.begin(), messages.end());
}

void add_text_prefixes(std::uint64_t salt, std::string_view text,
                       std::vector<std::uint64_t>& hashes) {
  if (text.size() < kShortestText) return;
  for (auto size = std::bit_floor(text.size()); size >= kShortestText; size /= 2) {
    hashes.push_back(Hash(salt).add(text.substr(0, size)).value());
  }
}

}  // namespace

void find_affinity(const config::Affinity& how, const http::RequestHead& head,
                   std::string_view body, std::uint64_t salt, std::vector<std::uint64_t>& hashes) {
  hashes.clear();
  switch (how.by) {
    case config::Affinity::By::off:
      return;
    case config::Affinity::By::header:
      if (const auto value = http::find(head.headers(), how.header); value && !value->empty()) {
        hashes.push_back(Hash(salt).add(*value).value());
      }
      return;
    case config::Affinity::By::prefix:
      break;
  }
  Prompt prompt(body, salt, hashes);
  provider::JsonScan scan;
  scan.feed(body, prompt);
  scan.finish(prompt);
  keep_prefixes(salt ^ prompt.before(), hashes);
  if (hashes.empty()) add_text_prefixes(salt, prompt.text(), hashes);
  if (!prompt.session().empty()) {
    hashes.push_back(Hash(~salt).add(prompt.session()).value());
    std::rotate(hashes.begin(), hashes.end() - 1, hashes.end());
  }
}

}  // namespace keypool::gateway
