#include <utility>

#include <fmt/format.h>

#include "lab/embedding.h"
#include "lab/frame.h"
#include "lab/wire.h"

namespace keypool::lab {
namespace {

/// Status and state of each error (Gemini API docs, read 2026-11).
struct Shape {
  int status;
  const char* state;
  const char* message;
};

Shape shape_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limit:
      return {429, "RESOURCE_EXHAUSTED", "The quota is used up. Please retry in 1s."};
    case ErrorKind::insufficient_quota:
      return {429, "RESOURCE_EXHAUSTED", "Prepay credit balance is depleted."};
    case ErrorKind::spend_limit:
      return {429, "RESOURCE_EXHAUSTED", "The project has reached its spending cap."};
    case ErrorKind::bad_key:
      return {400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."};
    case ErrorKind::leaked_key:
      return {403, "PERMISSION_DENIED", "Your API key was reported as leaked."};
    case ErrorKind::forbidden:
      return {403, "PERMISSION_DENIED", "The caller may not use this resource."};
    case ErrorKind::model_not_found:
      return {404, "NOT_FOUND", "There is no such model."};
    case ErrorKind::not_found:
      return {404, "NOT_FOUND", "There is nothing of this name."};
    case ErrorKind::invalid_request:
      return {400, "INVALID_ARGUMENT", "The request is not valid."};
    case ErrorKind::too_large:
      return {400, "INVALID_ARGUMENT", "The question is too long."};
    case ErrorKind::overloaded:
      return {503, "UNAVAILABLE", "The model is overloaded."};
    case ErrorKind::unavailable:
      return {503, "UNAVAILABLE", "The service is unavailable for now."};
    case ErrorKind::slow_down:
      return {429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."};
    case ErrorKind::server_error:
      return {500, "INTERNAL", "The server failed."};
    case ErrorKind::timeout:
      return {504, "DEADLINE_EXCEEDED", "The answer took too long."};
  }
  return {};
}

Json error_body(const Shape& shape, std::string_view message, Json details = {}) {
  Json error{{"code", shape.status}, {"message", message}, {"status", shape.state}};
  if (!details.is_null()) error["details"] = std::move(details);
  return {{"error", std::move(error)}};
}

Json type_of(const char* name) { return std::string("type.googleapis.com/google.rpc.") + name; }

Json bad_key_details() {
  return Json::array({{{"@type", type_of("ErrorInfo")},
                       {"reason", "API_KEY_INVALID"},
                       {"domain", "googleapis.com"},
                       {"metadata", {{"service", "generativelanguage.googleapis.com"}}}}});
}

/// `26s`, `0.290979975s`: as protobuf writes durations.
std::string protobuf_duration(WorldTime time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const auto rest = (time - seconds).count();
  if (rest == 0) return fmt::format("{}s", seconds.count());
  std::string text = fmt::format("{}.{:09}", seconds.count(), rest);
  text.erase(text.find_last_not_of('0') + 1);
  return text + "s";
}

Json retry_info(WorldTime after) {
  return {{"@type", type_of("RetryInfo")}, {"retryDelay", protobuf_duration(after)}};
}

/// How the provider names a limit: metric and id.
std::pair<const char*, const char*> quota_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::requests:
      return {"generate_content_requests", "GenerateRequestsPerMinutePerProjectPerModel"};
    case Dimension::requests_per_day:
      return {"generate_content_requests", "GenerateRequestsPerDayPerProjectPerModel"};
    case Dimension::tokens:
    case Dimension::input_tokens:
      return {"generate_content_input_token_count", "GenerateContentInputTokensPerModelPerMinute"};
    case Dimension::output_tokens:
      return {"generate_content_output_token_count",
              "GenerateContentOutputTokensPerModelPerMinute"};
  }
  return {};
}

http::Answer told_as_json(int status, const Json& body, const Asker& asker) {
  const Json whole = asker.in_array ? Json::array({body}) : body;
  http::Answer answer{.status = status, .body = whole.dump(2) + "\n"};
  answer.headers.push_back({"content-type", "application/json; charset=UTF-8"});
  return answer;
}

/// Server-sent events with CRLF, or one array that grows.
class GenerateForm final : public AnswerForm {
 public:
  GenerateForm(const Question& question, const Reply& reply)
      : question_(question),
        reply_(reply),
        sse_(question.sse),
        delta_(split_at_text(chunk(kTextHole, reply.input_tokens), lead(), tail())) {}

  Frame whole() const override { return split_at_text(last(kTextHole)); }

  std::string_view stream_type() const override {
    return sse_ ? "text/event-stream" : "application/json; charset=UTF-8";
  }

  void append_opening(std::string& out) override {
    if (!sse_) out.append("[");
  }

  /// A function's arguments come whole, at the end.
  void append_delta(std::string& out, std::string_view text) override {
    if (calls_tool()) return;
    out.append(delta_.before).append(text).append(delta_.after);
  }

  void append_closing(std::string& out, std::string_view text) override {
    out.append(lead())
        .append(last(calls_tool() ? text : "").dump())
        .append(sse_ ? tail() : "\n]\n");
  }

  void append_failure(std::string& out, ErrorKind kind) override {
    const Shape shape = shape_of(kind);
    out.append(lead()).append(error_body(shape, shape.message).dump());
    out.append(sse_ ? tail() : "\n]\n");
  }

 private:
  [[nodiscard]] const char* lead() const { return sse_ ? "data: " : ""; }
  [[nodiscard]] const char* tail() const { return sse_ ? "\r\n\r\n" : "\n,\r\n"; }

  [[nodiscard]] Json chunk(std::string_view text, std::uint64_t total) const {
    const Json part =
        calls_tool()
            ? Json{{"functionCall",
                    {{"name", question_.tool}, {"args", {{question_.tool_argument, text}}}}}}
            : Json{{"text", text}};
    Json candidate{{"content", {{"parts", Json::array({part})}, {"role", "model"}}}, {"index", 0}};
    Json usage{{"promptTokenCount", reply_.input_tokens}, {"totalTokenCount", total}};
    if (reply_.cached_tokens > 0) usage["cachedContentTokenCount"] = reply_.cached_tokens;
    return {{"candidates", Json::array({std::move(candidate)})},
            {"usageMetadata", std::move(usage)},
            {"modelVersion", reply_.model},
            {"responseId", reply_.id}};
  }

  [[nodiscard]] Json last(std::string_view text) const {
    Json value = chunk(text, reply_.input_tokens + reply_.output_tokens);
    value["candidates"][0]["finishReason"] = reply_.capped ? "MAX_TOKENS" : "STOP";
    Json& usage = value["usageMetadata"];
    usage["candidatesTokenCount"] = reply_.output_tokens - reply_.thinking_tokens;
    if (reply_.thinking_tokens > 0) usage["thoughtsTokenCount"] = reply_.thinking_tokens;
    return value;
  }

  [[nodiscard]] bool calls_tool() const { return !question_.tool.empty(); }

  const Question& question_;
  const Reply& reply_;
  bool sse_;
  Frame delta_;
};

class GeminiWire final : public Wire {
 public:
  std::unique_ptr<AnswerForm> form(const Question& question, const Reply& reply) const override {
    return std::make_unique<GenerateForm>(question, reply);
  }

  std::string body(const Question& question, const Reply& reply) const override {
    if (question.operation != Operation::embedding) {
      return Json{{"totalTokens", reply.input_tokens}}.dump();
    }
    Json embeddings = Json::array();
    for (std::uint64_t i = 0; i < question.embeddings; ++i) {
      embeddings.push_back({{"values", embedding_vector(i, question.dimensions)}});
    }
    if (question.batch) return Json{{"embeddings", std::move(embeddings)}}.dump();
    return Json{{"embedding", embeddings.front()}}.dump();
  }

  std::string model_list(const std::vector<std::string>& names) const override {
    Json models = Json::array();
    for (const std::string& name : names) models.push_back(model_object(name));
    return Json{{"models", std::move(models)}}.dump();
  }

  std::string model(std::string_view name) const override { return model_object(name).dump(); }

  http::Answer error(ErrorKind kind, const Asker& asker, std::string_view message) const override {
    const Shape shape = shape_of(kind);
    Json details;
    if (kind == ErrorKind::bad_key) details = bad_key_details();
    if (kind == ErrorKind::rate_limit && asker.limit_headers != LimitHeaders::none) {
      details = Json::array({retry_info(std::chrono::seconds(1))});
    }
    return told_as_json(
        shape.status,
        error_body(shape, message.empty() ? shape.message : message, std::move(details)), asker);
  }

  http::Answer refusal(const Refusal& refusal, const Asker& asker) const override {
    const Shape shape = shape_of(ErrorKind::rate_limit);
    const auto [metric, id] = quota_of(refusal.dimension);
    Json details = Json::array();
    details.push_back(
        {{"@type", type_of("QuotaFailure")},
         {"violations",
          Json::array(
              {{{"quotaMetric", fmt::format("generativelanguage.googleapis.com/{}", metric)},
                {"quotaId", id},
                {"quotaDimensions", {{"location", "global"}, {"model", asker.model}}},
                {"quotaValue", fmt::format("{:.0f}", refusal.limit)}}})}});
    std::string text = "You exceeded your current quota.";
    if (asker.limit_headers != LimitHeaders::none) {
      details.push_back(retry_info(refusal.retry_after));
      text += fmt::format(" Please retry in {}.", protobuf_duration(refusal.retry_after));
    }
    return told_as_json(shape.status, error_body(shape, text, std::move(details)), asker);
  }

  /// Gemini tells neither limits nor the project.
  void append_headers(http::Fields&, const Asker&, const Quota*) const override {}

 private:
  static Json model_object(std::string_view name) {
    return {{"name", fmt::format("models/{}", name)},
            {"displayName", name},
            {"supportedGenerationMethods", Json::array({"generateContent", "countTokens"})}};
  }
};

}  // namespace

const Wire& gemini_wire() noexcept {
  static const GeminiWire wire;
  return wire;
}

}  // namespace keypool::lab
