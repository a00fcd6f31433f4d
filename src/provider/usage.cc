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

/// One JSON text, or an array of them that streams in.
class JsonTap final : public UsageTap {
 public:
  void feed(std::string_view piece) override { scan_.feed(piece, counts_); }

  Usage finish() override {
    scan_.finish(counts_);
    return counts_.total();
  }

 private:
  JsonScan scan_;
  UsageCounts counts_;
};

/// A JSON text a line.
class LinesTap final : public UsageTap {
 public:
  void feed(std::string_view piece) override {
    for (;;) {
      const std::size_t line_end = piece.find('\n');
      scan_.feed(piece.substr(0, line_end), counts_);
      if (line_end == std::string_view::npos) return;
      end_line();
      piece.remove_prefix(line_end + 1);
    }
  }

  Usage finish() override {
    end_line();
    return counts_.total();
  }

 private:
  void end_line() {
    scan_.finish(counts_);
    scan_.reset();
    counts_.end_text();
  }

  JsonScan scan_;
  UsageCounts counts_;
};

/// A JSON text an event.
class SseTap final : public UsageTap {
 public:
  void feed(std::string_view piece) override { framing_.feed(piece, events_); }

  Usage finish() override {
    events_.event_end(nullptr);  // a last event may lack its blank line
    return events_.counts.total();
  }

 private:
  struct Events : SseSink {
    void data(std::string_view part) { scan.feed(part, counts); }

    void event_end(const char*) {
      scan.finish(counts);
      scan.reset();
      counts.end_text();
    }

    JsonScan scan;
    UsageCounts counts;
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

 private:
  std::uint64_t bytes_ = 0;
};

std::unique_ptr<UsageTap> tap_for(std::string_view media_type) {
  if (http::same_name(media_type, "text/event-stream")) return std::make_unique<SseTap>();
  constexpr std::array<std::string_view, 5> kLineTypes{
      "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
      "application/stream+json"};
  for (const std::string_view lines : kLineTypes) {
    if (http::same_name(media_type, lines)) return std::make_unique<LinesTap>();
  }
  if (media_type.empty() || is_json(media_type)) return std::make_unique<JsonTap>();
  return nullptr;
}

}  // namespace

std::unique_ptr<UsageTap> make_usage_tap(Dialect, std::string_view content_type,
                                         std::string_view content_encoding) {
  std::unique_ptr<UsageTap> tap = tap_for(media_type(content_type));
  if (tap == nullptr) return nullptr;
  const std::string_view coding = trimmed(content_encoding);
  if (coding.empty() || http::same_name(coding, "identity")) return tap;
  for (const std::string_view known : {"gzip", "x-gzip", "deflate"}) {
    if (http::same_name(coding, known)) return std::make_unique<InflatingTap>(std::move(tap));
  }
  return std::make_unique<SizeTap>();
}

}  // namespace keypool::provider
