#include "lab/openai_forms.h"

#include <utility>

#include <fmt/format.h>

namespace keypool::lab {
namespace {

using ErrorOf = Json (*)(ErrorKind kind);

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void append_data(std::string& out, const Json& value) {
  out.append("data: ").append(value.dump()).append("\n\n");
}

/// Chat completions, and the older completions: they differ in what a choice looks like.
class CompletionForm final : public AnswerForm {
 public:
  CompletionForm(const Question& question, const Reply& reply, ErrorOf error_of)
      : reply_(reply),
        chat_(question.operation == Operation::chat),
        include_usage_(question.include_usage),
        tool_(chat_ ? question.tool : ""),
        arguments_(question.tool_argument),
        error_of_(error_of),
        delta_(split_at_text(chunk(choice(piece(kTextHole))), "data: ", "\n\n")) {}

  Frame whole() const override {
    Json choice{{"index", 0}};
    if (calls_tool()) {
      choice["message"] = {{"role", "assistant"},
                           {"content", nullptr},
                           {"refusal", nullptr},
                           {"tool_calls", Json::array({tool_call(arguments_.around(kTextHole))})}};
    } else if (chat_) {
      choice["message"] = {{"role", "assistant"}, {"content", kTextHole}, {"refusal", nullptr}};
    } else {
      choice["text"] = kTextHole;
    }
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = finish_reason();
    Json answer = opening_fields(chat_ ? "chat.completion" : "text_completion");
    answer["choices"] = Json::array({std::move(choice)});
    answer["usage"] = usage();
    answer["service_tier"] = "default";
    return split_at_text(answer);
  }

  std::string_view stream_type() const override { return "text/event-stream; charset=utf-8"; }

  void append_opening(std::string& out) override {
    if (!chat_) return;
    Json opening{{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}};
    if (calls_tool()) {
      Json call = tool_call(arguments_.before);
      call["index"] = 0;
      opening["content"] = nullptr;
      opening["tool_calls"] = Json::array({std::move(call)});
    }
    append_data(out, chunk(choice(std::move(opening))));
  }

  void append_delta(std::string& out, std::string_view text) override {
    out.append(delta_.before).append(text).append(delta_.after);
  }

  void append_closing(std::string& out, std::string_view) override {
    if (calls_tool()) append_data(out, chunk(choice(piece(arguments_.after))));
    Json last = choice(chat_ ? Json::object() : Json(""));
    last["finish_reason"] = finish_reason();
    append_data(out, chunk(std::move(last)));
    if (include_usage_) {
      Json tail = opening_fields(stream_object());
      tail["choices"] = Json::array();
      tail["usage"] = usage();
      append_data(out, tail);
    }
    out.append("data: [DONE]\n\n");
  }

  void append_failure(std::string& out, ErrorKind kind) override {
    append_data(out, {{"error", error_of_(kind)}});
  }

 private:
  [[nodiscard]] const char* stream_object() const {
    return chat_ ? "chat.completion.chunk" : "text_completion";
  }

  [[nodiscard]] const char* finish_reason() const {
    if (reply_.capped) return "length";
    return calls_tool() ? "tool_calls" : "stop";
  }

  [[nodiscard]] bool calls_tool() const { return !tool_.empty(); }

  [[nodiscard]] Json tool_call(const std::string& arguments) const {
    return {{"id", "call_" + reply_.id},
            {"type", "function"},
            {"function", {{"name", tool_}, {"arguments", arguments}}}};
  }

  /// A piece of the text, wherever that goes.
  [[nodiscard]] Json piece(const std::string& text) const {
    if (!chat_) return text;
    if (!calls_tool()) return {{"content", text}};
    const Json call{{"index", 0}, {"function", {{"arguments", text}}}};
    return {{"tool_calls", Json::array({call})}};
  }

  [[nodiscard]] Json opening_fields(const char* object) const {
    return {{"id", (chat_ ? "chatcmpl-" : "cmpl-") + reply_.id},
            {"object", object},
            {"created", seconds_of(reply_.created)},
            {"model", reply_.model}};
  }

  [[nodiscard]] Json choice(Json piece) const {
    return {{"index", 0},
            {chat_ ? "delta" : "text", std::move(piece)},
            {"logprobs", nullptr},
            {"finish_reason", nullptr}};
  }

  [[nodiscard]] Json chunk(Json choice) const {
    Json value = opening_fields(stream_object());
    value["choices"] = Json::array({std::move(choice)});
    if (include_usage_) value["usage"] = nullptr;
    return value;
  }

  [[nodiscard]] Json usage() const {
    return {
        {"prompt_tokens", reply_.input_tokens},
        {"completion_tokens", reply_.output_tokens},
        {"total_tokens", reply_.input_tokens + reply_.output_tokens},
        {"prompt_tokens_details", {{"cached_tokens", reply_.cached_tokens}, {"audio_tokens", 0}}},
        {"completion_tokens_details",
         {{"reasoning_tokens", reply_.thinking_tokens}, {"audio_tokens", 0}}}};
  }

  const Reply& reply_;
  bool chat_;
  bool include_usage_;
  std::string tool_;
  ArgumentsFrame arguments_;
  ErrorOf error_of_;
  Frame delta_;
};

class ResponseForm final : public AnswerForm {
 public:
  ResponseForm(const Question& question, const Reply& reply, ErrorOf error_of)
      : question_(question),
        reply_(reply),
        arguments_(question.tool_argument),
        error_of_(error_of),
        item_id_((calls_tool() ? "fc_" : "msg_") + reply.id) {}

  Frame whole() const override {
    Json answer = response(final_status());
    answer["output"] = Json::array({item(final_status(), kTextHole)});
    answer["usage"] = usage();
    return split_at_text(answer);
  }

  std::string_view stream_type() const override { return "text/event-stream; charset=utf-8"; }

  void append_opening(std::string& out) override {
    append_event(out, "response.created", {{"response", response("in_progress")}});
    append_event(out, "response.in_progress", {{"response", response("in_progress")}});
    if (calls_tool()) {
      Json call = function_call("in_progress", "");
      append_event(out, "response.output_item.added", {{"output_index", 0}, {"item", call}});
      append_arguments(out, arguments_.before);
      return;
    }
    Json added = message("in_progress", "");
    added["content"] = Json::array();
    append_event(out, "response.output_item.added", {{"output_index", 0}, {"item", added}});
    append_event(out, "response.content_part.added", at_part("part", text_part("")));
  }

  void append_delta(std::string& out, std::string_view text) override {
    if (calls_tool()) return append_arguments(out, text);
    fmt::format_to(std::back_inserter(out),
                   "event: response.output_text.delta\n"
                   "data: {{\"type\":\"response.output_text.delta\",\"sequence_number\":{},"
                   "\"item_id\":\"{}\",\"output_index\":0,\"content_index\":0,\"delta\":\"{}\","
                   "\"logprobs\":[]}}\n\n",
                   sequence_number_++, item_id_, text);
  }

  void append_closing(std::string& out, std::string_view text) override {
    if (calls_tool()) {
      append_arguments(out, arguments_.after);
      append_event(
          out, "response.function_call_arguments.done",
          {{"item_id", item_id_}, {"output_index", 0}, {"arguments", arguments_.around(text)}});
    } else {
      Json done = at_part("text", std::string(text));
      done["logprobs"] = Json::array();
      append_event(out, "response.output_text.done", std::move(done));
      append_event(out, "response.content_part.done", at_part("part", text_part(text)));
    }
    append_event(out, "response.output_item.done",
                 {{"output_index", 0}, {"item", item(final_status(), text)}});
    Json answer = response(final_status());
    answer["output"] = Json::array({item(final_status(), text)});
    answer["usage"] = usage();
    append_event(out, reply_.capped ? "response.incomplete" : "response.completed",
                 {{"response", std::move(answer)}});
  }

  void append_failure(std::string& out, ErrorKind kind) override {
    const Json error = error_of_(kind);
    const Json& code = error["code"].is_null() ? error["type"] : error["code"];
    append_event(out, "error", {{"code", code}, {"message", error["message"]}, {"param", nullptr}});
    Json answer = response("failed");
    answer["error"] = {{"code", code}, {"message", error["message"]}};
    append_event(out, "response.failed", {{"response", std::move(answer)}});
  }

 private:
  [[nodiscard]] const char* final_status() const {
    return reply_.capped ? "incomplete" : "completed";
  }

  [[nodiscard]] bool calls_tool() const { return !question_.tool.empty(); }

  void append_arguments(std::string& out, std::string_view piece) {
    append_event(out, "response.function_call_arguments.delta",
                 {{"item_id", item_id_}, {"output_index", 0}, {"delta", piece}});
  }

  /// What the answer consists of.
  [[nodiscard]] Json item(const char* status, std::string_view text) const {
    return calls_tool() ? function_call(status, arguments_.around(text)) : message(status, text);
  }

  [[nodiscard]] Json function_call(const char* status, std::string_view arguments) const {
    return {{"id", item_id_},         {"type", "function_call"},
            {"status", status},       {"call_id", "call_" + reply_.id},
            {"name", question_.tool}, {"arguments", arguments}};
  }

  [[nodiscard]] static Json text_part(std::string_view text) {
    return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}};
  }

  [[nodiscard]] Json message(const char* status, std::string_view text) const {
    return {{"id", item_id_},
            {"type", "message"},
            {"status", status},
            {"role", "assistant"},
            {"content", Json::array({text_part(text)})}};
  }

  [[nodiscard]] Json response(std::string_view status) const {
    const bool incomplete = status == "incomplete";
    return {
        {"id", "resp_" + reply_.id},
        {"object", "response"},
        {"created_at", seconds_of(reply_.created)},
        {"status", status},
        {"error", nullptr},
        {"incomplete_details", incomplete ? Json{{"reason", "max_output_tokens"}} : Json(nullptr)},
        {"model", reply_.model},
        {"background", question_.background},
        {"store", question_.stores},
        {"output", Json::array()},
        {"parallel_tool_calls", true},
        {"tool_choice", "auto"},
        {"tools", Json::array()},
        {"usage", nullptr}};
  }

  [[nodiscard]] Json at_part(const char* field, Json value) const {
    return {{"item_id", item_id_},
            {"output_index", 0},
            {"content_index", 0},
            {field, std::move(value)}};
  }

  [[nodiscard]] Json usage() const {
    return {{"input_tokens", reply_.input_tokens},
            {"input_tokens_details", {{"cached_tokens", reply_.cached_tokens}}},
            {"output_tokens", reply_.output_tokens},
            {"output_tokens_details", {{"reasoning_tokens", reply_.thinking_tokens}}},
            {"total_tokens", reply_.input_tokens + reply_.output_tokens}};
  }

  void append_event(std::string& out, const char* type, Json fields) {
    Json event{{"type", type}, {"sequence_number", sequence_number_++}};
    event.update(fields);
    out.append("event: ").append(type).append("\n");
    append_data(out, event);
  }

  const Question& question_;
  const Reply& reply_;
  ArgumentsFrame arguments_;
  ErrorOf error_of_;
  std::string item_id_;
  std::uint64_t sequence_number_ = 0;
};

}  // namespace

std::unique_ptr<AnswerForm> openai_form(const Question& question, const Reply& reply,
                                        ErrorOf error_of) {
  if (question.operation == Operation::response) {
    return std::make_unique<ResponseForm>(question, reply, error_of);
  }
  return std::make_unique<CompletionForm>(question, reply, error_of);
}

}  // namespace keypool::lab
