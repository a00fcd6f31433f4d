#include "provider/error_facts.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <simdjson.h>

#include "provider/media_type.h"
#include "provider/phrase.h"
#include "provider/retry_hint.h"

namespace keypool::provider {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLabelBytes = 200;
constexpr std::size_t kLabels = 32;

std::optional<std::string_view> text_of(dom::element element) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<std::string_view> text_at(dom::object object, std::string_view name) {
  dom::element found;
  if (object.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
  return text_of(found);
}

std::optional<dom::object> object_at(dom::object object, std::string_view name) {
  dom::object found;
  if (object.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

std::optional<dom::array> array_at(dom::object object, std::string_view name) {
  dom::array found;
  if (object.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

bool has(dom::object object, std::string_view name) {
  return object.at_key(name).error() == simdjson::SUCCESS;
}

// A code may be a string, a number or null.
std::string code_at(dom::object object, std::string_view name) {
  dom::element found;
  if (object.at_key(name).get(found) != simdjson::SUCCESS) return {};
  if (const auto text = text_of(found)) return std::string(text->substr(0, kLabelBytes));
  std::int64_t number = 0;
  if (found.get(number) == simdjson::SUCCESS) return fmt::to_string(number);
  return {};
}

void add_label(ErrorFacts& facts, std::string_view label) {
  if (!label.empty() && label.size() <= kLabelBytes && facts.labels.size() < kLabels) {
    facts.labels.emplace_back(label);
  }
}

void add_labels(ErrorFacts& facts, dom::object object,
                std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto text = text_at(object, name)) add_label(facts, *text);
  }
}

// `"27s"`, or `{"seconds": "123", "nanos": 0}`.
std::optional<std::chrono::milliseconds> read_delay(dom::object object, std::string_view name) {
  if (const auto text = text_at(object, name)) return parse_duration(*text);
  const auto parts = object_at(object, name);
  if (!parts) return std::nullopt;
  const std::string seconds = code_at(*parts, "seconds");
  const std::string nanos = code_at(*parts, "nanos");
  return parse_duration((seconds.empty() ? "0" : seconds) + "s" + (nanos.empty() ? "0" : nanos) +
                        "ns");
}

void read_google_detail(ErrorFacts& facts, dom::object detail) {
  add_labels(facts, detail, {"reason"});
  if (const auto delay = read_delay(detail, "retryDelay")) facts.retry_delay = delay;
  if (const auto metadata = object_at(detail, "metadata")) {
    if (const auto delay = read_delay(*metadata, "quotaResetDelay")) {
      facts.quota_reset_delay = delay;
    }
  }
  const auto violations = array_at(detail, "violations");
  if (!violations) return;
  for (const dom::element element : *violations) {
    dom::object violation;
    if (element.get(violation) != simdjson::SUCCESS) continue;
    if (const auto id = text_at(violation, "quotaId"); id && facts.quota_ids.size() < kLabels) {
      facts.quota_ids.emplace_back(id->substr(0, kLabelBytes));
    }
    if (code_at(violation, "quotaValue") == "0") facts.zero_quota = true;
  }
}

void read_details(ErrorFacts& facts, dom::object error) {
  if (const auto details = array_at(error, "details")) {
    for (const dom::element element : *details) {
      dom::object detail;
      if (element.get(detail) == simdjson::SUCCESS) read_google_detail(facts, detail);
    }
  } else if (const auto detail = object_at(error, "details")) {
    add_labels(facts, *detail, {"error_code"});  // Anthropic
  }
  if (const auto metadata = object_at(error, "metadata")) {  // OpenRouter
    add_labels(facts, *metadata, {"error_type", "limit_source", "reason"});
    facts.limit_reset = code_at(*metadata, "limit_reset");
    facts.upstream_code = has(*metadata, "provider_code");
    if (has(*metadata, "reasons") || has(*metadata, "patterns")) add_label(facts, "moderated");
  }
}

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// `org-AbC123` of "in organization org-AbC123 on tokens per min" (OpenAI) or "in organization
// `org_01x` service tier" (Groq), the team's id of "Your team 5f2c… has used" (xAI). Names that are
// words of a sentence are none.
std::string read_organization(std::string_view text) {
  constexpr std::size_t kLeast = 8;
  constexpr std::size_t kMost = 64;
  for (const std::string_view before : {"in organization ", "your team "}) {
    const std::size_t found = find_phrase(text, before);
    if (found == std::string_view::npos) continue;
    std::string_view id = text.substr(found + before.size());
    if (id.starts_with('`')) id.remove_prefix(1);
    id = id.substr(0, static_cast<std::size_t>(
                          std::find_if_not(id.begin(), id.end(), is_id_character) - id.begin()));
    const bool has_digit = id.find_first_of("0123456789") != std::string_view::npos;
    const bool is_marked = id.starts_with("org-") || id.starts_with("org_");
    if (id.size() >= kLeast && id.size() <= kMost && (has_digit || is_marked)) {
      return std::string(id);
    }
  }
  return {};
}

// In lower case, so that phrases are found by a plain search.
void read_message(ErrorFacts& facts, std::string_view text) {
  text = text.substr(0, kMessageBytes);
  facts.message = text;
  for (char& c : facts.message) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  facts.organization = read_organization(text);
}

void read_fields(ErrorFacts& facts, dom::object error) {
  facts.code = code_at(error, "code");
  add_label(facts, facts.code);
  if (const auto type = text_at(error, "type")) facts.type = type->substr(0, kLabelBytes);
  add_label(facts, facts.type);
  add_labels(facts, error, {"status", "error_type", "limit_source", "reason"});
  for (const std::string_view name : {"message", "detail", "error"}) {
    if (!facts.message.empty()) break;
    if (const auto text = text_at(error, name)) read_message(facts, *text);
  }
  read_details(facts, error);
}

// Whether a top level without `error` is an error itself: Mistral, Fireworks, Cohere, FastAPI.
bool looks_like_error(dom::object root) {
  return text_at(root, "object") == "error" || text_at(root, "type") == "error" ||
         has(root, "detail") || (has(root, "message") && (has(root, "code") || root.size() == 1));
}

void read_root(ErrorFacts& facts, dom::object root) {
  dom::element error;
  if (root.at_key("error").get(error) == simdjson::SUCCESS && !error.is_null()) {
    facts.is_error = true;
    add_labels(facts, root, {"error_type"});
    dom::object fields;
    read_fields(facts, error.get(fields) == simdjson::SUCCESS ? fields : root);
    return;
  }
  if (const auto response = object_at(root, "response")) {  // a failed response of a stream
    if (const auto fields = object_at(*response, "error")) {
      facts.is_error = true;
      read_fields(facts, *fields);
      return;
    }
  }
  facts.is_error = looks_like_error(root);
  read_fields(facts, root);
}

}  // namespace

bool ErrorFacts::has_label(std::string_view label) const noexcept {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

ErrorFacts read_error(std::string_view body) {
  thread_local dom::parser parser;
  ErrorFacts facts;
  const std::string_view text = trimmed(body);
  dom::element root;
  if (text.empty() || parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) {
    read_message(facts, text);
    return facts;
  }
  dom::array elements;
  if (root.get(elements) == simdjson::SUCCESS && elements.at(0).get(root) != simdjson::SUCCESS) {
    return facts;
  }
  dom::object object;
  if (root.get(object) == simdjson::SUCCESS) {
    facts.is_json = true;
    read_root(facts, object);
  } else {
    read_message(facts, text);
  }
  return facts;
}

}  // namespace keypool::provider
