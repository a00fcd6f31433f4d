#include <bit>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "lab/duration.h"
#include "lab/embedding.h"
#include "lab/frame.h"
#include "lab/openai_forms.h"
#include "lab/random.h"
#include "lab/wire.h"

namespace keypool::lab {
namespace {

/// Status, type and code of each error (OpenAI docs and SDK, read 2026-11).
struct Shape {
  int status;
  const char* type;
  const char* code;  ///< null: none
  const char* message;
};

Shape shape_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limit:
      return {429, "requests", "rate_limit_exceeded",
              "Rate limit reached. Please try again in 1s."};
    case ErrorKind::insufficient_quota:
      return {429, "insufficient_quota", "insufficient_quota", "The account has no credit left."};
    case ErrorKind::spend_limit:
      return {429, "insufficient_quota", "organization_spend_limit_exceeded",
              "The organization has reached its spending limit."};
    case ErrorKind::bad_key:
      return {401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: {}."};
    case ErrorKind::leaked_key:
      return {401, "invalid_request_error", "invalid_api_key",
              "Incorrect API key provided: {}. It was disabled after a leak."};
    case ErrorKind::forbidden:
      return {403, "invalid_request_error", "model_not_found",
              "The project does not have access to the model."};
    case ErrorKind::model_not_found:
      return {404, "invalid_request_error", "model_not_found", "The model does not exist."};
    case ErrorKind::not_found:
      return {404, "invalid_request_error", nullptr, "There is nothing of this name."};
    case ErrorKind::invalid_request:
      return {400, "invalid_request_error", nullptr, "The request is not valid."};
    case ErrorKind::too_large:
      return {400, "invalid_request_error", "context_length_exceeded",
              "The question is longer than the model's context."};
    case ErrorKind::overloaded:
      return {503, "server_error", "server_is_overloaded", "The engine is currently overloaded."};
    case ErrorKind::unavailable:
      return {503, "server_error", nullptr, "The service is unavailable for now."};
    case ErrorKind::slow_down:
      return {503, "server_error", "slow_down", "Slow Down"};
    case ErrorKind::server_error:
      return {500, "server_error", nullptr, "The server failed while it processed the request."};
    case ErrorKind::timeout:
      return {504, "server_error", nullptr, "The answer took too long."};
  }
  return {};
}

bool is_temporary(ErrorKind kind) {
  return kind == ErrorKind::rate_limit || kind == ErrorKind::slow_down;
}

Json error_object(std::string_view message, const char* type, const char* code) {
  return {{"message", message},
          {"type", type},
          {"param", nullptr},
          {"code", code ? Json(code) : Json(nullptr)}};
}

Json error_in_stream(ErrorKind kind) {
  const Shape shape = shape_of(kind);
  return error_object(shape.message, shape.type, shape.code);
}

std::string words_for(Dimension dimension) {
  switch (dimension) {
    case Dimension::requests:
      return "requests per min (RPM)";
    case Dimension::requests_per_day:
      return "requests per day (RPD)";
    case Dimension::tokens:
      return "tokens per min (TPM)";
    case Dimension::input_tokens:
      return "input tokens per min (ITPM)";
    case Dimension::output_tokens:
      return "output tokens per min (OTPM)";
  }
  return {};
}

bool counts_requests(Dimension dimension) {
  return dimension == Dimension::requests || dimension == Dimension::requests_per_day;
}

std::string refusal_text(const Refusal& refusal, const Asker& asker) {
  const std::string limit =
      fmt::format("for {} in organization {} on {}: Limit {:.0f}", asker.model, asker.organization,
                  words_for(refusal.dimension), refusal.limit);
  if (refusal.too_large) {
    return fmt::format("Request too large {}, Requested {:.0f}.", limit, refusal.requested);
  }
  return fmt::format(
      "Rate limit reached {}, Used {:.0f}, Requested {:.0f}. Please try again in {}.", limit,
      std::ceil(refusal.used), refusal.requested, go_duration(refusal.retry_after));
}

http::Answer told_as_json(int status, const Json& body) {
  http::Answer answer{.status = status, .body = body.dump()};
  answer.headers.push_back({"content-type", "application/json"});
  return answer;
}

std::string base64_of(const std::vector<float>& vector) {
  static_assert(std::endian::native == std::endian::little, "the wire wants little-endian floats");
  const std::size_t bytes = vector.size() * sizeof(float);
  std::string text((bytes + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(vector.data()),
                                     static_cast<int>(bytes));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

void append_pair(http::Fields& headers, const Quota& quota, const Asker& asker, Dimension dimension,
                 std::string_view what) {
  const auto headroom = quota.headroom(asker.now, dimension);
  if (!headroom) return;
  headers.push_back(
      {fmt::format("x-ratelimit-limit-{}", what), fmt::format("{:.0f}", headroom->limit)});
  headers.push_back(
      {fmt::format("x-ratelimit-remaining-{}", what), fmt::format("{:.0f}", headroom->remaining)});
  headers.push_back({fmt::format("x-ratelimit-reset-{}", what), go_duration(headroom->full_after)});
}

class OpenAiWire final : public Wire {
 public:
  std::unique_ptr<AnswerForm> form(const Question& question, const Reply& reply) const override {
    return openai_form(question, reply, error_in_stream);
  }

  std::string body(const Question& question, const Reply& reply) const override {
    Json data = Json::array();
    for (std::uint64_t i = 0; i < question.embeddings; ++i) {
      const auto vector = embedding_vector(i, question.dimensions);
      data.push_back({{"object", "embedding"},
                      {"index", i},
                      {"embedding", question.base64 ? Json(base64_of(vector)) : Json(vector)}});
    }
    const Json answer{
        {"object", "list"},
        {"data", std::move(data)},
        {"model", reply.model},
        {"usage", {{"prompt_tokens", reply.input_tokens}, {"total_tokens", reply.input_tokens}}}};
    return answer.dump();
  }

  std::string model_list(const std::vector<std::string>& names) const override {
    Json data = Json::array();
    for (const std::string& name : names) data.push_back(model_object(name));
    return Json{{"object", "list"}, {"data", std::move(data)}}.dump();
  }

  std::string model(std::string_view name) const override { return model_object(name).dump(); }

  http::Answer error(ErrorKind kind, const Asker& asker, std::string_view message) const override {
    const Shape shape = shape_of(kind);
    const std::string usual = fmt::format(fmt::runtime(shape.message), asker.masked_key);
    auto answer = told_as_json(
        shape.status,
        {{"error", error_object(message.empty() ? usual : message, shape.type, shape.code)}});
    if (is_temporary(kind) && asker.limit_headers != LimitHeaders::none) {
      answer.headers.push_back({"retry-after", "1"});
    }
    return answer;
  }

  http::Answer refusal(const Refusal& refusal, const Asker& asker) const override {
    const bool groq = asker.limit_headers == LimitHeaders::groq;
    const int status = groq && refusal.too_large ? 413 : 429;
    auto answer = told_as_json(
        status, {{"error", error_object(refusal_text(refusal, asker),
                                        counts_requests(refusal.dimension) ? "requests" : "tokens",
                                        "rate_limit_exceeded")}});
    const bool hint = asker.limit_headers != LimitHeaders::none && (groq || !refusal.too_large);
    if (hint) answer.headers.push_back({"retry-after", whole_seconds(refusal.retry_after)});
    return answer;
  }

  void append_headers(http::Fields& headers, const Asker& asker,
                      const Quota* quota) const override {
    headers.push_back({"x-request-id", "req_" + asker.request_id});
    headers.push_back({"openai-version", "2020-10-01"});
    headers.push_back({"openai-processing-ms", "1"});
    if (!asker.organization.empty()) {
      headers.push_back({"openai-organization", asker.organization});
    }
    if (!quota || asker.limit_headers == LimitHeaders::none) return;
    const bool groq = asker.limit_headers == LimitHeaders::groq;
    append_pair(headers, *quota, asker, groq ? Dimension::requests_per_day : Dimension::requests,
                "requests");
    append_pair(headers, *quota, asker, Dimension::tokens, "tokens");
  }

 private:
  static Json model_object(std::string_view name) {
    return {{"id", name}, {"object", "model"}, {"created", 1'700'000'000}, {"owned_by", "lab"}};
  }
};

}  // namespace

const Wire& openai_wire() noexcept {
  static const OpenAiWire wire;
  return wire;
}

}  // namespace keypool::lab
