#include "provider/call.h"

#include <algorithm>
#include <charconv>

#include "provider/json_scan.h"
#include "provider/media_type.h"
#include "provider/phrase.h"
#include "provider/speech.h"
#include "provider/target.h"

namespace keypool::provider {

namespace {

constexpr std::uint64_t kBytesPerToken = 4;

std::uint64_t tokens_in(std::uint64_t bytes) noexcept {
  return (bytes + kBytesPerToken - 1) / kBytesPerToken;
}

// A cap as JSON has it; nothing for what is no number of tokens (Ollama's -1: no cap).
std::uint64_t read_cap(std::string_view token) noexcept {
  constexpr double kMost = 1e12;
  double value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc{} || end != token.data() + token.size()) return 0;
  return value >= 1 && value <= kMost ? static_cast<std::uint64_t>(value) : 0;
}

// A string that is a picture, a file, or something encrypted.
bool is_media(Path path, const JsonText& text) noexcept {
  switch (last_word(path)) {
    case word("data"):
    case word("file_data"):
    case word("b64_json"):
    case word("encrypted_content"):
    case word("signature"):
    case word("thoughtSignature"):
    case word("thought_signature"):
      return true;
    case word("url"):
    case word("image_url"):
      return text.head.starts_with("data:");
    case kElement:
      return last_word(path >> 8) == word("images");  // Ollama
    default:
      return false;
  }
}

/// What a request's JSON says, as a scan goes over it.
class RequestBody : public JsonSink {
 public:
  explicit RequestBody(Call& call) : call_(call), model_in_path_(!call.model.empty()) {}

  void string(Path path, const JsonText& text) {
    if (path == at("model") && !model_in_path_) {
      if (text.bytes > kModelBytes) {
        call_.model.clear();
      } else if (text.escaped) {
        call_.model = text.unescaped();
      } else {
        call_.model = text.head;
      }
    }
    if (is_media(path, text)) {
      ++media_;
    } else {
      text_bytes_ += text.bytes;
    }
    add_named_in_body(path, text, call_.resources);
  }

  void scalar(Path path, std::string_view token, std::uint64_t) {
    switch (path) {
      case at("stream"):
        call_.stream = token == "true";
        break;
      case at("store"):
        call_.stored = token == "true";
        break;
      case at("max_tokens"):
      case at("max_completion_tokens"):
      case at("max_output_tokens"):
      case at("max_tokens_to_sample"):
      case at("generationConfig", "maxOutputTokens"):
      case at("generation_config", "max_output_tokens"):
      case at("options", "num_predict"):
      case at("inferenceConfig", "maxTokens"):
        cap_ = std::max(cap_, read_cap(token));
        break;
      case at("n"):
      case at("generationConfig", "candidateCount"):
      case at("generation_config", "candidate_count"):
        answers_ = std::clamp<std::uint64_t>(read_cap(token), 1, kMostAnswers);
        break;
      default:
        break;
    }
  }

  void settle() {
    call_.input_tokens = tokens_in(text_bytes_) + media_ * kMediaTokens;
    call_.output_tokens = cap_ * answers_;
  }

 private:
  static constexpr std::uint64_t kMostAnswers = 128;

  Call& call_;
  bool model_in_path_;
  std::uint64_t text_bytes_ = 0;
  std::uint64_t media_ = 0;
  std::uint64_t cap_ = 0;
  std::uint64_t answers_ = 1;
};

// The value of the form's field `model`: uploads of audio and pictures name it there.
std::string_view model_in_form(std::string_view body) noexcept {
  constexpr std::string_view kField = "name=\"model\"";
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const std::size_t field = body.find(kField);
  if (field == std::string_view::npos) return {};
  const std::size_t head_end = body.find(kHeadEnd, field);
  if (head_end == std::string_view::npos) return {};
  const std::string_view value = body.substr(head_end + kHeadEnd.size(), kModelBytes + 1);
  const std::size_t end = value.find("\r\n");
  return end == std::string_view::npos ? std::string_view{} : value.substr(0, end);
}

void read_body(std::string_view content_type, std::string_view body, Call& call) {
  const std::string_view type = media_type(content_type);
  if (starts_with_phrase(type, "multipart/")) {
    if (call.model.empty()) call.model = model_in_form(body);
    return;
  }
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return;
  if (body[start] == '{') {
    RequestBody request(call);
    JsonScan scan;
    scan.feed(body, request);
    scan.finish(request);
    request.settle();
  } else if (type.empty() || is_json(type) || starts_with_phrase(type, "text/")) {
    call.input_tokens = tokens_in(body.size());
  }
}

void read_query(std::string_view target, Call& call) {
  for (const std::string_view name : {"model", "deployment"}) {
    if (const auto value = query_value(target, name); value && value->size() <= kModelBytes) {
      call.model = percent_decoded(*value);
      return;
    }
  }
}

}  // namespace

Call read_call(Dialect dialect, std::string_view target, std::string_view content_type,
               std::string_view body) {
  constexpr std::string_view kCollection = "models/";
  Call call;
  speech_of(dialect).read_path(path_of(target), call);
  add_named_in_target(dialect, target, call.resources);
  if (call.model.size() > kModelBytes) call.model.clear();
  read_body(content_type, body, call);
  if (call.model.empty()) read_query(target, call);
  // Gemini's names may carry the collection; the lane is the same.
  if (dialect == Dialect::gemini && call.model.starts_with(kCollection)) {
    call.model.erase(0, kCollection.size());
  }
  return call;
}

}  // namespace keypool::provider
