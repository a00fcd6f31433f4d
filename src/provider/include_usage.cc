#include "provider/include_usage.h"

#include <utility>

#include <fmt/format.h>

#include "provider/known.h"
#include "provider/target.h"

namespace keypool::provider {

namespace {

constexpr std::string_view kOptions = R"("stream_options":)";
constexpr std::string_view kQuestion = R"("include_usage":true)";

/// Where in a request's JSON the question stands, or would.
class QuestionPlace : public JsonSink {
 public:
  struct Token {
    std::uint64_t offset = 0;
    std::string_view text;
  };

  void open(Path path, char bracket, std::uint64_t offset) {
    if (path == 0 && bracket == '{' && !root) root = offset;
    if (path == at("stream_options")) {
      ++mentions;
      if (bracket == '{') options = offset;
    }
  }

  void close(Path path, char, std::uint64_t) { closed = closed || path == 0; }

  void string(Path path, const JsonText&) { refuse_unless_elsewhere(path); }

  void scalar(Path path, std::string_view token, std::uint64_t offset) {
    switch (path) {
      case at("stream"):
        streams = token == "true";
        break;
      case at("stream_options"):
        ++mentions;
        if (token == "null") null_options = Token{offset, token};
        break;
      case at("stream_options", "include_usage"):
        ++answers;
        answer = Token{offset, token};
        break;
      default:
        break;
    }
  }

  bool streams = false;
  bool closed = false;
  int mentions = 0;  // of the options
  int answers = 0;
  std::optional<std::uint64_t> root;
  std::optional<std::uint64_t> options;
  std::optional<Token> null_options;
  std::optional<Token> answer;

 private:
  void refuse_unless_elsewhere(Path path) {
    if (path == at("stream_options")) ++mentions;
    if (path == at("stream_options", "include_usage")) ++answers;
  }
};

std::string spliced(std::string_view body, std::uint64_t offset, std::size_t removed,
                    std::string_view inserted) {
  std::string out;
  out.reserve(body.size() + inserted.size());
  out.append(body.substr(0, offset)).append(inserted).append(body.substr(offset + removed));
  return out;
}

// Whether an object that opens at `offset` has no member.
bool is_empty_object(std::string_view body, std::uint64_t offset) {
  const std::size_t next = body.find_first_not_of(" \t\r\n", offset + 1);
  return next != std::string_view::npos && body[next] == '}';
}

}  // namespace

bool may_ask_for_usage(Dialect dialect, std::string_view host, std::string_view target) noexcept {
  switch (dialect) {
    case Dialect::openai:
    case Dialect::azure_openai:
    case Dialect::gemini:  // its OpenAI-compatible paths
      break;
    case Dialect::anthropic:
    case Dialect::generic:
      return false;
  }
  if (!path_of(target).ends_with("/completions")) return false;
  const KnownProvider* const known = known_provider_at(host);
  return known == nullptr || known->stream_usage == StreamUsage::when_asked;
}

std::optional<std::string> ask_for_usage(std::string_view body) {
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || body[start] != '{') return std::nullopt;
  QuestionPlace place;
  JsonScan scan;
  scan.feed(body, place);
  scan.finish(place);
  // A member that comes twice means what the provider makes of it; leave it alone.
  if (!place.streams || !place.closed || place.mentions > 1 || place.answers > 1) {
    return std::nullopt;
  }
  if (place.mentions == 0) {
    return spliced(body, *place.root + 1, 0, fmt::format("{}{{{}}},", kOptions, kQuestion));
  }
  if (place.null_options) {
    return spliced(body, place.null_options->offset, place.null_options->text.size(),
                   fmt::format("{{{}}}", kQuestion));
  }
  if (!place.options) return std::nullopt;
  if (place.answer) {
    if (place.answer->text != "false" && place.answer->text != "null") return std::nullopt;
    return spliced(body, place.answer->offset, place.answer->text.size(), "true");
  }
  if (place.answers != 0) return std::nullopt;
  const bool empty = is_empty_object(body, *place.options);
  return spliced(body, *place.options + 1, 0, fmt::format("{}{}", kQuestion, empty ? "" : ","));
}

void UsageEventFilter::Marks::open(Path path, char bracket, std::uint64_t) {
  if (path == at("choices") && bracket == '[') choices = true;
  if (path == at("choices", "[]")) has_choice = true;
  if (path == at("usage") && bracket == '{') usage = true;
}

void UsageEventFilter::Marks::string(Path path, const JsonText&) {
  if (path == at("choices", "[]")) has_choice = true;
}

void UsageEventFilter::Marks::scalar(Path path, std::string_view, std::uint64_t) {
  if (path == at("choices", "[]")) has_choice = true;
}

/// Cuts one piece into runs to forward. Bytes from `run_` to `event_` are decided: they go on.
class UsageEventFilter::Pass : public SseSink {
 public:
  Pass(UsageEventFilter& filter, std::string_view piece, std::vector<std::string_view>& forward)
      : filter_(filter),
        forward_(forward),
        run_(piece.data()),
        event_(piece.data()),
        end_(piece.data() + piece.size()) {}

  /// The piece begins with the LF of a CRLF that ended the last event.
  void first_byte_ends(EventEnd event) {
    ++event_;
    if (event == EventEnd::taken_out) run_ = event_;
  }

  void data(std::string_view part) {
    if (!filter_.passing_) filter_.scan_.feed(part, filter_.marks_);
  }

  void line_end(const char* after) {
    // A comment keeps a client's patience alive: it goes on now, whatever comes behind it.
    if (filter_.framing_.only_comments()) keep_up_to(after);
  }

  void event_end(const char* after) {
    filter_.scan_.finish(filter_.marks_);
    if (filter_.is_usage_event() && !filter_.passing_) {
      emit(run_, event_);
      filter_.held_.clear();
      run_ = event_ = after;
      end_of_event_ = EventEnd::taken_out;
    } else {
      keep_up_to(after);
      end_of_event_ = EventEnd::kept;
    }
    ended_at_ = after;
    filter_.passing_ = false;
    filter_.marks_ = {};
    filter_.scan_.reset();
  }

  void piece_end() {
    filter_.last_byte_ = ended_at_ == end_ ? end_of_event_ : EventEnd::none;
    filter_.passing_ = filter_.passing_ || filter_.cannot_be_usage_event();
    if (filter_.passing_) keep_up_to(end_);
    emit(run_, event_);
    filter_.held_.append(event_, end_);
  }

 private:
  void keep_up_to(const char* p) {
    if (!filter_.held_.empty()) {  // only ever of the piece's first event, before any run
      filter_.released_ = std::exchange(filter_.held_, {});
      forward_.push_back(filter_.released_);
    }
    event_ = p;
  }

  void emit(const char* from, const char* to) {
    if (from != to) forward_.emplace_back(from, static_cast<std::size_t>(to - from));
  }

  UsageEventFilter& filter_;
  std::vector<std::string_view>& forward_;
  const char* run_;
  const char* event_;
  const char* end_;
  const char* ended_at_ = nullptr;
  EventEnd end_of_event_ = EventEnd::none;
};

void UsageEventFilter::feed(std::string_view piece, std::vector<std::string_view>& forward) {
  forward.clear();
  if (piece.empty()) return;
  Pass pass(*this, piece, forward);
  if (last_byte_ != EventEnd::none && framing_.after_cr() && piece.front() == '\n') {
    pass.first_byte_ends(last_byte_);
  }
  framing_.feed(piece, pass);
  pass.piece_end();
}

void UsageEventFilter::finish(std::vector<std::string_view>& forward) {
  forward.clear();
  scan_.finish(marks_);
  released_ = std::exchange(held_, {});
  if (!released_.empty() && !is_usage_event()) forward.push_back(released_);
}

}  // namespace keypool::provider
