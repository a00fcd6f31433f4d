#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lab/duration.h"
#include "lab/frame.h"
#include "lab/wire.h"

namespace keypool::lab {
namespace {

/// Status and type of each error (Anthropic docs, read 2026-11).
struct Shape {
  int status;
  const char* type;
  const char* message;
};

Shape shape_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limit:
      return {429, "rate_limit_error", "This request would exceed the rate limit."};
    case ErrorKind::insufficient_quota:
      return {402, "billing_error", "The credit balance is too low."};
    case ErrorKind::spend_limit:
      return {429, "rate_limit_error", "The organization has reached its monthly spend limit."};
    case ErrorKind::bad_key:
      return {401, "authentication_error", "invalid x-api-key"};
    case ErrorKind::leaked_key:
      return {401, "authentication_error", "This key was disabled after a leak."};
    case ErrorKind::forbidden:
      return {403, "permission_error", "The key may not use this resource."};
    case ErrorKind::model_not_found:
      return {404, "not_found_error", "There is no such model."};
    case ErrorKind::not_found:
      return {404, "not_found_error", "There is nothing of this name."};
    case ErrorKind::invalid_request:
      return {400, "invalid_request_error", "The request is not valid."};
    case ErrorKind::too_large:
      return {413, "request_too_large", "The request is too large."};
    case ErrorKind::overloaded:
      return {529, "overloaded_error", "Overloaded"};
    case ErrorKind::unavailable:
      return {503, "api_error", "The service is unavailable for now."};
    case ErrorKind::slow_down:
      return {429, "rate_limit_error", "The use rises too fast: grow more gradually."};
    case ErrorKind::server_error:
      return {500, "api_error", "Internal server error"};
    case ErrorKind::timeout:
      return {504, "timeout_error", "The answer took too long."};
  }
  return {};
}

bool is_temporary(ErrorKind kind) {
  return kind == ErrorKind::rate_limit || kind == ErrorKind::slow_down;
}

Json error_body(const Shape& shape, std::string_view message, std::string_view request_id) {
  return {{"type", "error"},
          {"error", {{"type", shape.type}, {"message", message}}},
          {"request_id", "req_" + std::string(request_id)}};
}

void append_event(std::string& out, const char* type, Json fields) {
  Json event{{"type", type}};
  event.update(fields);
  out.append("event: ").append(type).append("\ndata: ").append(event.dump()).append("\n\n");
}

class MessageForm final : public AnswerForm {
 public:
  MessageForm(const Question& question, const Reply& reply)
      : question_(question),
        reply_(reply),
        arguments_(question.tool_argument),
        delta_(split_at_text(delta(kTextHole), "event: content_block_delta\ndata: ", "\n\n")) {}

  Frame whole() const override {
    Json answer = message();
    answer["content"] = Json::array({block(kTextHole)});
    if (calls_tool()) answer["content"][0]["input"] = {{question_.tool_argument, kTextHole}};
    answer["stop_reason"] = stop_reason();
    answer["usage"] = usage(reply_.output_tokens);
    return split_at_text(answer);
  }

  std::string_view stream_type() const override { return "text/event-stream; charset=utf-8"; }

  void append_opening(std::string& out) override {
    append_event(out, "message_start", {{"message", message()}});
    append_event(out, "content_block_start", {{"index", 0}, {"content_block", block("")}});
    append_event(out, "ping", Json::object());
    if (calls_tool()) append_event(out, "content_block_delta", delta(arguments_.before));
  }

  void append_delta(std::string& out, std::string_view text) override {
    out.append(delta_.before).append(text).append(delta_.after);
  }

  void append_closing(std::string& out, std::string_view) override {
    if (calls_tool()) append_event(out, "content_block_delta", delta(arguments_.after));
    append_event(out, "content_block_stop", {{"index", 0}});
    append_event(out, "message_delta",
                 {{"delta", {{"stop_reason", stop_reason()}, {"stop_sequence", nullptr}}},
                  {"usage", {{"output_tokens", reply_.output_tokens}}}});
    append_event(out, "message_stop", Json::object());
  }

  void append_failure(std::string& out, ErrorKind kind) override {
    const Shape shape = shape_of(kind);
    out.append("event: error\ndata: ");
    out.append(error_body(shape, shape.message, reply_.id).dump()).append("\n\n");
  }

 private:
  [[nodiscard]] const char* stop_reason() const {
    if (reply_.capped) return "max_tokens";
    return calls_tool() ? "tool_use" : "end_turn";
  }

  [[nodiscard]] bool calls_tool() const { return !question_.tool.empty(); }

  [[nodiscard]] Json block(const std::string& text) const {
    if (!calls_tool()) return {{"type", "text"}, {"text", text}};
    return {{"type", "tool_use"},
            {"id", "toolu_" + reply_.id},
            {"name", question_.tool},
            {"input", Json::object()}};
  }

  [[nodiscard]] Json delta(const std::string& text) const {
    const Json piece = calls_tool() ? Json{{"type", "input_json_delta"}, {"partial_json", text}}
                                    : Json{{"type", "text_delta"}, {"text", text}};
    return {{"type", "content_block_delta"}, {"index", 0}, {"delta", piece}};
  }

  /// What was read from a cache is not among its input tokens.
  [[nodiscard]] Json usage(std::uint64_t output_tokens) const {
    return {{"input_tokens", reply_.input_tokens - reply_.cached_tokens},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", reply_.cached_tokens},
            {"output_tokens", output_tokens},
            {"service_tier", "standard"}};
  }

  /// As it stands when the stream begins.
  [[nodiscard]] Json message() const {
    return {{"id", "msg_" + reply_.id}, {"type", "message"},        {"role", "assistant"},
            {"model", reply_.model},    {"content", Json::array()}, {"stop_reason", nullptr},
            {"stop_sequence", nullptr}, {"usage", usage(1)}};
  }

  const Question& question_;
  const Reply& reply_;
  ArgumentsFrame arguments_;
  Frame delta_;
};

std::string rfc3339(WallTime wall) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::ceil<std::chrono::seconds>(wall));
}

/// Token counts are told in thousands.
double told(double remaining, Dimension dimension) {
  return dimension == Dimension::requests ? remaining : std::round(remaining / 1000) * 1000;
}

void append_triple(http::Fields& headers, const Quota& quota, const Asker& asker,
                   Dimension dimension, std::string_view what) {
  const auto headroom = quota.headroom(asker.now, dimension);
  if (!headroom) return;
  const auto name = [what](std::string_view end) {
    return fmt::format("anthropic-ratelimit-{}-{}", what, end);
  };
  headers.push_back({name("limit"), fmt::format("{:.0f}", headroom->limit)});
  headers.push_back(
      {name("remaining"), fmt::format("{:.0f}", told(headroom->remaining, dimension))});
  const auto full_after = std::chrono::ceil<std::chrono::milliseconds>(headroom->full_after);
  headers.push_back({name("reset"), rfc3339(asker.wall + full_after)});
}

http::Answer told_as_json(int status, const Json& body) {
  http::Answer answer{.status = status, .body = body.dump()};
  answer.headers.push_back({"content-type", "application/json"});
  return answer;
}

std::string_view words_for(Dimension dimension) {
  switch (dimension) {
    case Dimension::requests:
      return "requests per minute";
    case Dimension::requests_per_day:
      return "requests per day";
    case Dimension::tokens:
      return "tokens per minute";
    case Dimension::input_tokens:
      return "input tokens per minute";
    case Dimension::output_tokens:
      return "output tokens per minute";
  }
  return {};
}

class AnthropicWire final : public Wire {
 public:
  std::unique_ptr<AnswerForm> form(const Question& question, const Reply& reply) const override {
    return std::make_unique<MessageForm>(question, reply);
  }

  std::string body(const Question&, const Reply& reply) const override {
    return Json{{"input_tokens", reply.input_tokens}}.dump();
  }

  std::string model_list(const std::vector<std::string>& names) const override {
    Json data = Json::array();
    for (const std::string& name : names) data.push_back(model_object(name));
    const Json first = names.empty() ? Json(nullptr) : Json(names.front());
    const Json last = names.empty() ? Json(nullptr) : Json(names.back());
    return Json{
        {"data", std::move(data)}, {"has_more", false}, {"first_id", first}, {"last_id", last}}
        .dump();
  }

  std::string model(std::string_view name) const override { return model_object(name).dump(); }

  http::Answer error(ErrorKind kind, const Asker& asker, std::string_view message) const override {
    const Shape shape = shape_of(kind);
    Json body = error_body(shape, message.empty() ? shape.message : message, asker.request_id);
    if (kind == ErrorKind::spend_limit) {
      body["error"]["details"] = {{"error_code", "enforced_spend_limit_reached"}};
    }
    auto answer = told_as_json(shape.status, body);
    if (is_temporary(kind) && asker.limit_headers != LimitHeaders::none) {
      answer.headers.push_back({"retry-after", "1"});
    }
    return answer;
  }

  http::Answer refusal(const Refusal& refusal, const Asker& asker) const override {
    const std::string text = fmt::format(
        "This request would exceed the organization's rate limit of {:.0f} {} (model: {}).",
        refusal.limit, words_for(refusal.dimension), asker.model);
    auto answer =
        told_as_json(429, error_body(shape_of(ErrorKind::rate_limit), text, asker.request_id));
    if (asker.limit_headers != LimitHeaders::none) {
      answer.headers.push_back({"retry-after", whole_seconds(refusal.retry_after)});
    }
    return answer;
  }

  void append_headers(http::Fields& headers, const Asker& asker,
                      const Quota* quota) const override {
    headers.push_back({"request-id", "req_" + asker.request_id});
    if (!asker.organization.empty()) {
      headers.push_back({"anthropic-organization-id", asker.organization});
    }
    if (!quota || asker.limit_headers == LimitHeaders::none) return;
    append_triple(headers, *quota, asker, Dimension::requests, "requests");
    append_triple(headers, *quota, asker, Dimension::tokens, "tokens");
    append_triple(headers, *quota, asker, Dimension::input_tokens, "input-tokens");
    append_triple(headers, *quota, asker, Dimension::output_tokens, "output-tokens");
  }

 private:
  static Json model_object(std::string_view name) {
    return {{"type", "model"},
            {"id", name},
            {"display_name", name},
            {"created_at", "2024-01-01T00:00:00Z"}};
  }
};

}  // namespace

const Wire& anthropic_wire() noexcept {
  static const AnthropicWire wire;
  return wire;
}

}  // namespace keypool::lab
