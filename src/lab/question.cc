#include "lab/question.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <simdjson.h>

#include "lab/duration.h"
#include "lab/pattern.h"
#include "lab/realtime.h"
#include "lab/resources.h"

namespace keypool::lab {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kBytesPerToken = 4;
constexpr std::uint64_t kTokensOfAPicture = 85;
constexpr std::uint64_t kMostEmbeddings = 2048;
constexpr std::uint64_t kMostDimensions = 4096;

struct Route {
  std::string_view method;
  std::string_view path;  ///< a pattern
  Family family;
  Operation operation;
};

/// The first that fits decides. A path may have any prefix, as base URLs differ.
constexpr std::array kRoutes{
    Route{"POST", "*/chat/completions", Family::openai, Operation::chat},
    Route{"POST", "*/completions", Family::openai, Operation::completion},
    Route{"POST", "*/responses", Family::openai, Operation::response},
    Route{"POST", "*/embeddings", Family::openai, Operation::embedding},
    Route{"POST", "*/messages", Family::anthropic, Operation::message},
    Route{"POST", "*/messages/count_tokens", Family::anthropic, Operation::count_tokens},
    Route{"POST", "*/models/*:generateContent", Family::gemini, Operation::generate},
    Route{"POST", "*/models/*:streamGenerateContent", Family::gemini, Operation::generate},
    Route{"POST", "*/models/*:countTokens", Family::gemini, Operation::count_tokens},
    Route{"POST", "*/models/*:embedContent", Family::gemini, Operation::embedding},
    Route{"POST", "*/models/*:batchEmbedContents", Family::gemini, Operation::embedding},
    Route{"GET", "*/realtime", Family::openai, Operation::realtime},
    Route{"GET", "*.GenerativeService.BidiGenerateContent", Family::gemini, Operation::realtime},
    Route{"GET", "*/v1beta/openai/models", Family::openai, Operation::list_models},
    Route{"GET", "*/v1beta/models", Family::gemini, Operation::list_models},
    Route{"GET", "*/v1beta/models/*", Family::gemini, Operation::show_model},
    Route{"GET", "*/models", Family::openai, Operation::list_models},
    Route{"GET", "*/models/*", Family::openai, Operation::show_model},
};

bool from_anthropic_sdk(const http::Request& request) {
  return request.header("anthropic-version") || request.header("x-api-key");
}

void route(const http::Request& request, Question& question) {
  question.path = request.path();
  const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& candidate) {
    return candidate.method == request.method && matches(candidate.path, question.path);
  });
  if (route != kRoutes.end()) {
    question.family = route->family;
    question.operation = route->operation;
  } else if (question.path.find("/v1beta") != std::string::npos &&
             question.path.find("/v1beta/openai/") == std::string::npos) {
    question.family = Family::gemini;
  }
  if (question.family == Family::openai && from_anthropic_sdk(request)) {
    const bool shared = question.operation == Operation::list_models ||
                        question.operation == Operation::show_model ||
                        question.operation == Operation::unknown;
    if (shared) question.family = Family::anthropic;
  }
}

/// `m` of `/models/m:verb`, `/models/m` and `/deployments/m/…`; empty when there is none.
std::string_view model_in_path(std::string_view path) {
  for (const std::string_view marker : {"/models/", "/deployments/"}) {
    const auto at = path.find(marker);
    if (at == path.npos) continue;
    const std::string_view rest = path.substr(at + marker.size());
    return rest.substr(0, std::min(rest.find(':'), rest.find('/')));
  }
  return {};
}

template <typename Number>
std::optional<Number> number_in(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  Number number{};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number < 0) return std::nullopt;
  return number;
}

void read_steering(const http::Request& request, Question& question) {
  question.wanted_tokens = number_in<std::uint64_t>(request.header("x-lab-tokens"));
  question.wanted_bytes = number_in<std::uint64_t>(request.header("x-lab-bytes"));
  question.wanted_tokens_per_second = number_in<double>(request.header("x-lab-tokens-per-second"));
  if (const auto first_token = request.header("x-lab-first-token")) {
    question.wanted_first_token = parse_duration(*first_token);
  }
}

bool holds_text(std::string_view field) {
  constexpr std::array kTextFields{"content", "text", "input", "prompt", "system", "instructions"};
  return std::find(kTextFields.begin(), kTextFields.end(), field) != kTextFields.end();
}

std::size_t text_bytes(const dom::object& object);

/// `is_text`: whether a string that stands here belongs to the question.
std::size_t text_bytes(const dom::element& element, bool is_text) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return is_text ? text.size() : 0;
  dom::object object;
  if (element.get(object) == simdjson::SUCCESS) return text_bytes(object);
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return 0;
  std::size_t bytes = 0;
  for (const dom::element item : array) bytes += text_bytes(item, is_text);
  return bytes;
}

/// Bytes of all the text that a question is made of, wherever it stands.
std::size_t text_bytes(const dom::object& object) {
  std::size_t bytes = 0;
  for (const auto field : object) bytes += text_bytes(field.value, holds_text(field.key));
  return bytes;
}

/// Calls `visit(name, value, object)` for every field of every object in `element`.
template <typename Visit>
void visit_fields(dom::element element, const Visit& visit) {
  dom::array array;
  if (element.get(array) == simdjson::SUCCESS) {
    for (const dom::element item : array) visit_fields(item, visit);
  }
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return;
  for (const auto field : object) {
    visit(field.key, field.value);
    visit_fields(field.value, visit);
  }
}

/// OpenAI's `image_url`, Anthropic's `{"type": "image"}`, Gemini's `inlineData`.
std::uint64_t pictures_in(dom::element body) {
  std::uint64_t pictures = 0;
  visit_fields(body, [&pictures](std::string_view name, const dom::element& value) {
    std::string_view text;
    const bool anthropic =
        name == "type" && value.get(text) == simdjson::SUCCESS && text == "image";
    if (anthropic || name == "image_url" || name == "inlineData" || name == "inline_data") {
      ++pictures;
    }
  });
  return pictures;
}

/// What the question refers to, by the names that the providers give such fields.
std::vector<Reference> references_in(dom::element body) {
  constexpr std::array kFields{"file_id",      "input_file_id", "previous_response_id",
                               "conversation", "cachedContent", "vector_store_ids"};
  std::vector<Reference> references;
  const auto add = [&references](std::string_view field, const dom::element& value) {
    std::string_view id;
    if (value.get(id) == simdjson::SUCCESS) {
      references.push_back({std::string(field), std::string(id)});
    }
  };
  visit_fields(body, [&](std::string_view name, const dom::element& value) {
    std::string_view uri;
    if (name == "fileUri" && value.get(uri) == simdjson::SUCCESS) {
      const auto at = uri.find("files/");
      if (at != uri.npos) references.push_back({"fileUri", std::string(uri.substr(at))});
      return;
    }
    if (std::find(kFields.begin(), kFields.end(), name) == kFields.end()) return;
    add(name, value);
    dom::array ids;
    if (value.get(ids) == simdjson::SUCCESS) {
      for (const dom::element id : ids) add(name, id);
    }
    dom::element id;
    if (value["id"].get(id) == simdjson::SUCCESS) add(name, id);
  });
  return references;
}

std::string text_at(const dom::object& body, std::string_view field) {
  std::string_view text;
  return body[field].get(text) == simdjson::SUCCESS ? std::string(text) : std::string{};
}

bool flag_at(const dom::object& body, std::string_view field) {
  bool flag = false;
  return body[field].get(flag) == simdjson::SUCCESS && flag;
}

std::optional<std::uint64_t> count_at(const dom::object& body, std::string_view field) {
  std::uint64_t count = 0;
  if (body[field].get(count) != simdjson::SUCCESS) return std::nullopt;
  return count;
}

bool has(const dom::object& body, std::string_view field) {
  dom::element value;
  return body[field].get(value) == simdjson::SUCCESS && !value.is_null();
}

/// The last message is what a tool answered.
bool ends_with_tool_answer(const dom::object& body) {
  for (const auto field : {"messages", "input", "contents"}) {
    dom::array messages;
    if (body[field].get(messages) != simdjson::SUCCESS || messages.size() == 0) continue;
    bool tool = false;
    dom::element last;
    if (messages.at(messages.size() - 1).get(last) != simdjson::SUCCESS) return false;
    visit_fields(last, [&tool](std::string_view name, const dom::element& value) {
      std::string_view text;
      if (name == "functionResponse") tool = true;
      if ((name != "role" && name != "type") || value.get(text) != simdjson::SUCCESS) return;
      tool = tool || text == "tool" || text == "tool_result" || text == "function_call_output";
    });
    return tool;
  }
  return false;
}

/// The first field of a JSON schema's `properties`.
std::string first_property(const dom::object& tool) {
  for (const auto schema_name : {"parameters", "input_schema", "parametersJsonSchema"}) {
    dom::object properties;
    if (tool[schema_name]["properties"].get(properties) != simdjson::SUCCESS) continue;
    for (const auto property : properties) return std::string(property.key);
  }
  return "text";
}

/// A tool that is offered is called, unless it has just answered or may not be called.
void read_tools(const dom::object& body, Question& question) {
  dom::array tools;
  if (body["tools"].get(tools) != simdjson::SUCCESS || tools.size() == 0) return;
  std::string_view choice;
  if (body["tool_choice"].get(choice) == simdjson::SUCCESS && choice == "none") return;
  if (body["tool_choice"]["type"].get(choice) == simdjson::SUCCESS && choice == "none") return;
  if (ends_with_tool_answer(body)) return;

  dom::object tool;
  if (tools.at(0).get(tool) != simdjson::SUCCESS) return;
  dom::object function;
  dom::array declarations;
  if (tool["function"].get(function) == simdjson::SUCCESS) tool = function;
  if (tool["functionDeclarations"].get(declarations) == simdjson::SUCCESS &&
      declarations.at(0).get(function) == simdjson::SUCCESS) {
    tool = function;
  }
  std::string_view name;
  if (tool["name"].get(name) != simdjson::SUCCESS) return;
  question.tool = name;
  question.tool_argument = first_property(tool);
}

std::string missing(std::string_view field) {
  return "Missing required parameter: '" + std::string(field) + "'.";
}

/// What the operation cannot do without.
std::string mistake_in(const Question& question, const dom::object& body) {
  const auto need = [&body](std::initializer_list<std::string_view> fields) {
    const auto absent = std::find_if(fields.begin(), fields.end(),
                                     [&](std::string_view field) { return !has(body, field); });
    return absent == fields.end() ? std::string{} : missing(*absent);
  };
  if (question.model.empty()) return missing("model");
  switch (question.operation) {
    case Operation::chat:
      return need({"messages"});
    case Operation::completion:
      return need({"prompt"});
    case Operation::embedding:
      if (question.family == Family::openai) return need({"input"});
      return need({question.batch ? "requests" : "content"});
    case Operation::message:
      return need({"max_tokens", "messages"});
    case Operation::count_tokens:
      return need({question.family == Family::gemini ? "contents" : "messages"});
    case Operation::generate:
      return need({"contents"});
    case Operation::response:
    case Operation::realtime:
    case Operation::list_models:
    case Operation::show_model:
    case Operation::unknown:
      return {};
  }
  return {};
}

std::optional<std::uint64_t> output_cap_in(const dom::object& body) {
  for (const auto field : {"max_completion_tokens", "max_tokens", "max_output_tokens"}) {
    if (const auto cap = count_at(body, field)) return cap;
  }
  for (const auto config : {"generationConfig", "generation_config"}) {
    dom::object generation;
    if (body[config].get(generation) != simdjson::SUCCESS) continue;
    for (const auto field : {"maxOutputTokens", "max_output_tokens"}) {
      if (const auto cap = count_at(generation, field)) return cap;
    }
  }
  return std::nullopt;
}

void read_embedding(const dom::object& body, Question& question) {
  dom::array inputs;
  const char* list = question.batch ? "requests" : "input";
  if (body[list].get(inputs) == simdjson::SUCCESS) question.embeddings = inputs.size();
  question.embeddings = std::clamp<std::uint64_t>(question.embeddings, 1, kMostEmbeddings);
  const auto dimensions = count_at(body, "dimensions").value_or(question.dimensions);
  question.dimensions = std::clamp<std::uint64_t>(dimensions, 1, kMostDimensions);
  question.base64 = text_at(body, "encoding_format") == "base64";
}

void read_body(dom::element whole, const dom::object& body, Question& question) {
  if (question.model.empty()) question.model = text_at(body, "model");
  if (question.operation != Operation::generate) question.stream = flag_at(body, "stream");
  dom::object options;
  if (body["stream_options"].get(options) == simdjson::SUCCESS) {
    question.include_usage = flag_at(options, "include_usage");
  }
  question.output_cap = output_cap_in(body);
  const std::size_t bytes = text_bytes(body);
  question.input_tokens = std::max<std::size_t>(1, (bytes + kBytesPerToken - 1) / kBytesPerToken);
  question.input_tokens += kTokensOfAPicture * pictures_in(whole);
  question.references = references_in(whole);
  read_tools(body, question);
  bool stores = true;
  question.stores = body["store"].get(stores) != simdjson::SUCCESS || stores;
  question.background = flag_at(body, "background");
  if (question.operation == Operation::embedding) read_embedding(body, question);
  question.mistake = mistake_in(question, body);
}

bool asks_by_body(Operation operation) {
  return operation != Operation::list_models && operation != Operation::show_model &&
         operation != Operation::realtime && operation != Operation::unknown;
}

}  // namespace

bool Question::metered() const noexcept {
  return asks_by_body(operation) && operation != Operation::count_tokens;
}

class QuestionReader::Body {
 public:
  dom::parser parser;
};

QuestionReader::QuestionReader() : body_(std::make_unique<Body>()) {}
QuestionReader::~QuestionReader() = default;

Question QuestionReader::read(const http::Request& request) {
  Question question;
  question.takes_gzip =
      request.header("accept-encoding").value_or("").find("gzip") != std::string_view::npos;
  route(request, question);
  question.model = model_in_path(question.path);
  if (question.operation == Operation::realtime) {
    question.model = lab::query_value(request.query(), "model");
    read_steering(request, question);
    if (!wants_websocket(request)) question.mistake = "This path is for WebSockets.";
  }
  if (!asks_by_body(question.operation)) return question;

  read_steering(request, question);
  if (question.operation == Operation::generate) {
    question.stream = matches("*:streamGenerateContent", question.path);
    question.sse = matches("*alt=sse*", request.query());
  }
  question.batch = matches("*:batchEmbedContents", question.path);
  dom::element whole;
  dom::object body;
  auto parsed = body_->parser.parse(request.body.data(), request.body.size()).get(whole);
  if (parsed == simdjson::SUCCESS) parsed = whole.get(body);
  if (parsed == simdjson::SUCCESS) {
    read_body(whole, body, question);
  } else {
    question.mistake = "The body of the request is not a JSON object.";
  }
  return question;
}

}  // namespace keypool::lab
