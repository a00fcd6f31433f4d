#include "provider/stream_preamble.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "http/header.h"
#include "provider/media_type.h"

namespace keypool::provider {

namespace {

namespace dom = simdjson::dom;

// `type` of OpenAI's responses, Anthropic's messages, Cohere v2; `event_type` of Cohere v1.
// Sources: the providers' streaming references, read 2026-11.
constexpr std::string_view kAnnouncements[] = {"response.created",     "response.queued",
                                               "response.in_progress", "keepalive",
                                               "message_start",        "ping",
                                               "message-start",        "stream-start"};

std::optional<std::string_view> text_at(dom::object object, std::string_view name) {
  std::string_view text;
  if (object.at_key(name).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// null, "", [] or {}: announces a place, fills none.
bool is_empty(dom::element element) {
  std::string_view text;
  dom::array array;
  dom::object object;
  if (element.is_null()) return true;
  if (element.get(text) == simdjson::SUCCESS) return text.empty();
  if (element.get(array) == simdjson::SUCCESS) return array.size() == 0;
  return element.get(object) == simdjson::SUCCESS && object.size() == 0;
}

// Whether every member is empty but for those named.
bool is_empty_but_for(dom::object object, std::initializer_list<std::string_view> names) {
  for (const auto& member : object) {
    if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
    if (!is_empty(member.value)) return false;
  }
  return true;
}

bool is_empty_message(dom::element element) {
  dom::object message;
  return is_empty(element) ||
         (element.get(message) == simdjson::SUCCESS && is_empty_but_for(message, {"role"}));
}

bool all_of(dom::array elements, bool (*is_empty_one)(dom::object)) {
  for (const dom::element element : elements) {
    dom::object one;
    if (element.get(one) != simdjson::SUCCESS || !is_empty_one(one)) return false;
  }
  return true;
}

// A chat chunk's choice, or a text completion's.
bool is_empty_choice(dom::object choice) {
  for (const auto& member : choice) {
    if (member.key == "index" || member.key == "content_filter_results") continue;
    if (member.key == "delta" ? !is_empty_message(member.value) : !is_empty(member.value)) {
      return false;
    }
  }
  return true;
}

bool is_empty_candidate(dom::object candidate) {
  for (const auto& member : candidate) {
    if (member.key == "index") continue;
    if (member.key == "content" ? !is_empty_message(member.value) : !is_empty(member.value)) {
      return false;
    }
  }
  return true;
}

bool is_preamble_chunk(dom::object chunk) {
  dom::element found;
  dom::array elements;
  bool done = true;
  if (chunk.at_key("error").get(found) == simdjson::SUCCESS && !found.is_null()) return false;
  if (chunk.at_key("choices").get(elements) == simdjson::SUCCESS) {
    const bool tells_usage =
        chunk.at_key("usage").get(found) == simdjson::SUCCESS && !found.is_null();
    return all_of(elements, is_empty_choice) && !(elements.size() == 0 && tells_usage);
  }
  if (chunk.at_key("candidates").get(elements) == simdjson::SUCCESS) {
    return all_of(elements, is_empty_candidate);
  }
  if (chunk.at_key("usageMetadata").error() == simdjson::SUCCESS) {
    return chunk.at_key("promptFeedback").error() != simdjson::SUCCESS;
  }
  if (chunk.at_key("done").get(done) == simdjson::SUCCESS && !done) {  // Ollama
    if (chunk.at_key("message").get(found) == simdjson::SUCCESS) return is_empty_message(found);
    return chunk.at_key("response").get(found) == simdjson::SUCCESS && is_empty(found);
  }
  return false;
}

// Anthropic opens a block before it fills it, but for the results of its own tools.
bool is_empty_block(dom::object event) {
  dom::object block;
  return event.at_key("content_block").get(block) == simdjson::SUCCESS &&
         is_empty_but_for(block, {"type", "id", "name"});
}

}  // namespace

bool is_preamble_event(std::string_view data) {
  thread_local dom::parser parser;
  data = trimmed(data);
  if (data.empty()) return true;
  dom::object event;
  if (parser.parse(data.data(), data.size()).get(event) != simdjson::SUCCESS) return false;
  for (const std::string_view name : {"type", "event_type"}) {
    const auto type = text_at(event, name);
    if (!type) continue;
    if (*type == "content_block_start") return is_empty_block(event);
    return std::find(std::begin(kAnnouncements), std::end(kAnnouncements), *type) !=
           std::end(kAnnouncements);
  }
  return is_preamble_chunk(event);
}

struct StreamPreamble::Events : SseSink {
  Events(StreamPreamble& preamble, WallTime wall) : preamble_(preamble), wall_(wall) {}

  void data(std::string_view part) { preamble_.add(part); }
  void event_end(const char*) { preamble_.end_event(wall_); }

 private:
  StreamPreamble& preamble_;
  WallTime wall_;
};

// Finds where the first element ends.
struct StreamPreamble::Elements : JsonSink {
  void close(Path path, char bracket, std::uint64_t offset) {
    if (path == 0 && bracket == '}' && !end) end = offset + 1;
  }

  std::optional<std::uint64_t> end;
};

StreamPreamble::StreamPreamble(Dialect dialect, std::string_view content_type,
                               std::string_view host)
    : dialect_(dialect), host_(host), framing_(Framing::lines) {
  const std::string_view type = media_type(content_type);
  if (http::same_name(type, "text/event-stream")) {
    framing_ = Framing::events;
  } else if (type.empty() || is_json(type)) {
    framing_ =
        http::same_name(type, "application/stream+json") ? Framing::lines : Framing::elements;
  }
}

StreamStart StreamPreamble::feed(std::string_view piece, WallTime wall) {
  if (start_ != StreamStart::preamble) return start_;
  seen_ += piece.size();
  switch (framing_) {
    case Framing::events: {
      Events events(*this, wall);
      events_.feed(piece, events);
      break;
    }
    case Framing::lines:
      feed_lines(piece, wall);
      break;
    case Framing::elements:
      feed_elements(piece, wall);
      break;
  }
  if (start_ == StreamStart::preamble && seen_ > kPreambleBytes) start_ = StreamStart::content;
  return start_;
}

StreamStart StreamPreamble::finish(WallTime wall) {
  end_event(wall);
  return start_;
}

void StreamPreamble::feed_lines(std::string_view piece, WallTime wall) {
  for (;;) {
    const std::size_t line_end = piece.find('\n');
    add(piece.substr(0, line_end));
    if (line_end == std::string_view::npos) return;
    end_event(wall);
    piece.remove_prefix(line_end + 1);
  }
}

void StreamPreamble::feed_elements(std::string_view piece, WallTime wall) {
  while (!piece.empty()) {
    // Between elements stand an array's brackets and commas.
    if (event_.empty()) {
      const std::size_t begin = piece.find_first_not_of(" \t\r\n[,]");
      if (begin == std::string_view::npos) return;
      piece.remove_prefix(begin);
    }
    Elements elements;
    const std::size_t before = event_.size();
    elements_.feed(piece, elements);
    const std::size_t taken =
        elements.end ? static_cast<std::size_t>(*elements.end) - before : piece.size();
    add(piece.substr(0, taken));
    if (!elements.end) return;
    elements_.reset();
    end_event(wall);
    piece.remove_prefix(taken);
  }
}

void StreamPreamble::add(std::string_view data) {
  if (start_ == StreamStart::preamble) event_.append(data.substr(0, kPreambleBytes));
}

void StreamPreamble::end_event(WallTime wall) {
  if (start_ != StreamStart::preamble) return;
  if (!is_preamble_event(event_)) {
    if (auto verdict = judge_event(dialect_, event_, wall, host_)) {
      refusal_ = std::move(*verdict);
      start_ = StreamStart::refused;
    } else {
      start_ = StreamStart::content;
    }
  }
  event_.clear();
}

}  // namespace keypool::provider
