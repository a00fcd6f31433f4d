#include "provider/usage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/header.h"
#include "provider/inflate.h"
#include "provider/json_scan.h"
#include "provider/media_type.h"
#include "provider/sse_scan.h"
#include "provider/usage_counts.h"

namespace keypool::provider {

namespace {

/// What is looked for in an answer's JSON, in one scan.
class Findings : public JsonSink {
 public:
  explicit Findings(Kept kept) : kept_(kept) {}

  void open(Path path, char bracket, std::uint64_t offset) { counts_.open(path, bracket, offset); }
  void close(Path path, char bracket, std::uint64_t offset) {
    counts_.close(path, bracket, offset);
  }
  void scalar(Path path, std::string_view token, std::uint64_t offset) {
    counts_.scalar(path, token, offset);
  }
  void string(Path path, const JsonText& text) {
    counts_.string(path, text);
    if (kept_ != Kept::nothing) add_made_in_body(kept_, path, text, ids_);
  }

  void end_text() noexcept { counts_.end_text(); }

  [[nodiscard]] Usage total() const { return counts_.total(); }
  [[nodiscard]] std::span<const std::string> resources() const noexcept { return ids_.all(); }

 private:
  UsageCounts counts_;
  Kept kept_;
  ResourceIds ids_;
};

/// One JSON text, or an array of them that streams in.
class JsonTap final : public UsageTap {
 public:
  explicit JsonTap(Kept kept) : findings_(kept) {}

  void feed(std::string_view piece) override { scan_.feed(piece, findings_); }

  Usage finish() override {
    scan_.finish(findings_);
    return findings_.total();
  }

  [[nodiscard]] std::span<const std::string> resources() const override {
    return findings_.resources();
  }

 private:
  JsonScan scan_;
  Findings findings_;
};

/// A JSON text a line.
class LinesTap final : public UsageTap {
 public:
  explicit LinesTap(Kept kept) : findings_(kept) {}

  void feed(std::string_view piece) override {
    for (;;) {
      const std::size_t line_end = piece.find('\n');
      scan_.feed(piece.substr(0, line_end), findings_);
      if (line_end == std::string_view::npos) return;
      end_line();
      piece.remove_prefix(line_end + 1);
    }
  }

  Usage finish() override {
    end_line();
    return findings_.total();
  }

  [[nodiscard]] std::span<const std::string> resources() const override {
    return findings_.resources();
  }

 private:
  void end_line() {
    scan_.finish(findings_);
    scan_.reset();
    findings_.end_text();
  }

  JsonScan scan_;
  Findings findings_;
};

/// A JSON text an event.
class SseTap final : public UsageTap {
 public:
  explicit SseTap(Kept kept) : events_(kept) {}

  void feed(std::string_view piece) override { framing_.feed(piece, events_); }

  Usage finish() override {
    events_.event_end(nullptr);  // a last event may lack its blank line
    return events_.findings.total();
  }

  [[nodiscard]] std::span<const std::string> resources() const override {
    return events_.findings.resources();
  }

 private:
  struct Events : SseSink {
    explicit Events(Kept kept) : findings(kept) {}

    void data(std::string_view part) { scan.feed(part, findings); }

    void event_end(const char*) {
      scan.finish(findings);
      scan.reset();
      findings.end_text();
    }

    JsonScan scan;
    Findings findings;
  };

  SseScan framing_;
  Events events_;
};

/// Takes the content coding off for another tap.
class InflatingTap final : public UsageTap {
 public:
  explicit InflatingTap(std::unique_ptr<UsageTap> tap) : tap_(std::move(tap)) {}

  void feed(std::string_view piece) override {
    inflater_.feed(piece, [this](std::string_view decoded) { tap_->feed(decoded); });
  }

  Usage finish() override { return tap_->finish(); }

  [[nodiscard]] std::span<const std::string> resources() const override {
    return tap_->resources();
  }

 private:
  Inflater inflater_;
  std::unique_ptr<UsageTap> tap_;
};

/// A coding that cannot be read: all there is to go by is the size. Codings make JSON smaller by
/// about as much as its frames make text larger.
class SizeTap final : public UsageTap {
 public:
  void feed(std::string_view piece) override { bytes_ += piece.size(); }

  Usage finish() override {
    constexpr std::uint64_t kBytesPerToken = 3;
    return {.output_tokens = (bytes_ + kBytesPerToken - 1) / kBytesPerToken};
  }

  [[nodiscard]] std::span<const std::string> resources() const override { return {}; }

 private:
  std::uint64_t bytes_ = 0;
};

std::unique_ptr<UsageTap> tap_for(std::string_view media_type, Kept kept) {
  if (http::same_name(media_type, "text/event-stream")) return std::make_unique<SseTap>(kept);
  constexpr std::array<std::string_view, 5> kLineTypes{
      "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
      "application/stream+json"};
  for (const std::string_view lines : kLineTypes) {
    if (http::same_name(media_type, lines)) return std::make_unique<LinesTap>(kept);
  }
  if (media_type.empty() || is_json(media_type)) return std::make_unique<JsonTap>(kept);
  return nullptr;
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) noexcept {
  input_tokens += other.input_tokens;
  cached_tokens += other.cached_tokens;
  output_tokens += other.output_tokens;
  reported = reported && other.reported;
  cache_write_tokens += other.cache_write_tokens;
  cache_write_1h_tokens += other.cache_write_1h_tokens;
  audio_input_tokens += other.audio_input_tokens;
  audio_output_tokens += other.audio_output_tokens;
  reasoning_tokens += other.reasoning_tokens;
  image_input_tokens += other.image_input_tokens;
  image_output_tokens += other.image_output_tokens;
  tool_input_tokens += other.tool_input_tokens;
  return *this;
}

std::unique_ptr<UsageTap> make_usage_tap(Dialect, std::string_view content_type,
                                         std::string_view content_encoding, Kept kept) {
  std::unique_ptr<UsageTap> tap = tap_for(media_type(content_type), kept);
  if (tap == nullptr) return nullptr;
  const std::string_view coding = trimmed(content_encoding);
  if (coding.empty() || http::same_name(coding, "identity")) return tap;
  for (const std::string_view known : {"gzip", "x-gzip", "deflate"}) {
    if (http::same_name(coding, known)) return std::make_unique<InflatingTap>(std::move(tap));
  }
  return std::make_unique<SizeTap>();
}

}  // namespace keypool::provider
