#include "lab/realtime.h"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include "lab/answer_text.h"
#include "lab/frame.h"

namespace keypool::lab {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using Stream = websocket::stream<asio::ip::tcp::socket&>;

constexpr std::size_t kBytesPerToken = 4;

std::uint64_t tokens_in(std::string_view text) {
  return (text.size() + kBytesPerToken - 1) / kBytesPerToken;
}

std::uint64_t tokens_of_texts(const Json& value) {
  if (value.is_string()) return tokens_in(value.get_ref<const std::string&>());
  std::uint64_t tokens = 0;
  if (value.is_structured()) {
    for (const auto& one : value.items()) {
      const bool names = one.key() == "type" || one.key() == "role" || one.key() == "mimeType";
      if (!names) tokens += tokens_of_texts(one.value());
    }
  }
  return tokens;
}

// Of those that are offered, the one that is not a credential.
std::string_view chosen_protocol(const http::Request& request) {
  const auto offered = request.header("sec-websocket-protocol").value_or("");
  return offered.find("realtime") != offered.npos ? "realtime" : std::string_view();
}

boost::beast::http::request<boost::beast::http::string_body> handshake_of(
    const http::Request& request) {
  boost::beast::http::request<boost::beast::http::string_body> handshake(
      boost::beast::http::verb::get, request.target, 11);
  for (const http::Header& header : request.headers) handshake.insert(header.name, header.value);
  return handshake;
}

/// One side of a conversation on the wire.
class Speaker {
 public:
  explicit Speaker(Stream& stream) : stream_(stream), pause_(stream.get_executor()) {}

  asio::awaitable<bool> say(std::string message) {
    error_code ec;
    co_await stream_.async_write(asio::buffer(message),
                                 asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
  }

  asio::awaitable<bool> say_all(std::vector<std::string> messages) {
    for (auto& message : messages) {
      const bool said = co_await say(std::move(message));
      if (!said) co_return false;
    }
    co_return true;
  }

  asio::awaitable<void> wait(std::chrono::nanoseconds time) {
    if (time.count() == 0) co_return;
    pause_.expires_after(time);
    error_code ignored;
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

 private:
  Stream& stream_;
  asio::steady_timer pause_;
};

asio::awaitable<bool> answer(Speaker& speaker, Conversation& conversation,
                             const RealtimeCall& call) {
  const Plan plan = call.plan_answer();
  const bool breaks_off = call.fault != nullptr;
  auto opening = conversation.begin_answer();
  bool said = co_await speaker.say_all(std::move(opening));
  if (!said) co_return false;
  co_await speaker.wait(plan.first_token);
  AnswerText words(plan.seed);
  std::string text;
  const std::uint64_t tokens = breaks_off ? plan.tokens / 2 : plan.tokens;
  for (std::uint64_t i = 0; i < tokens; ++i) {
    const auto before = text.size();
    words.append(text, 1);
    auto delta = conversation.delta(std::string_view(text).substr(before));
    said = co_await speaker.say(std::move(delta));
    if (!said) co_return false;
    co_await speaker.wait(plan.each_token);
  }
  if (breaks_off) co_return false;
  auto closing = conversation.end_answer(text, plan.tokens);
  call.on_answer(closing.input_tokens, plan.tokens);
  said = co_await speaker.say_all(std::move(closing.messages));
  co_return said;
}

}  // namespace

std::string Conversation::answer_id() const { return fmt::format("resp_{}_{}", id_, answers_); }

std::vector<std::string> Conversation::opening() const {
  if (family_ == Family::gemini) return {};
  const Json created{{"type", "session.created"},
                     {"event_id", "event_" + id_},
                     {"session", {{"id", "sess_" + id_}, {"type", "realtime"}, {"model", model_}}}};
  return {created.dump()};
}

Conversation::Heard Conversation::hear(std::string_view message) {
  return family_ == Family::gemini ? hear_gemini(message) : hear_openai(message);
}

Conversation::Heard Conversation::hear_openai(std::string_view message) {
  const Json told = Json::parse(message, nullptr, false);
  const std::string type = told.is_object() ? told.value("type", "") : "";
  if (type == "session.update") {
    Json session = told.value("session", Json::object());
    heard_ += tokens_of_texts(session.value("instructions", Json()));
    return {{Json{{"type", "session.updated"}, {"session", std::move(session)}}.dump()}};
  }
  if (type == "conversation.item.create") {
    const Json item = told.value("item", Json::object());
    heard_ += tokens_of_texts(item.value("content", Json()));
    return {{Json{{"type", "conversation.item.added"}, {"item", item}}.dump(),
             Json{{"type", "conversation.item.done"}, {"item", item}}.dump()}};
  }
  if (type == "input_audio_buffer.append") {
    heard_ += tokens_of_texts(told.value("audio", Json())) / 100;
    return {};
  }
  if (type == "response.create") return {.asks = true};
  return {{Json{{"type", "error"},
                {"error",
                 {{"type", "invalid_request_error"},
                  {"code", "invalid_value"},
                  {"message", fmt::format("Nothing is done with an event '{}'.", type)}}}}
               .dump()}};
}

Conversation::Heard Conversation::hear_gemini(std::string_view message) {
  const Json told = Json::parse(message, nullptr, false);
  if (!told.is_object()) return {};
  if (told.contains("setup")) {
    heard_ += tokens_of_texts(told["setup"].value("systemInstruction", Json()));
    return {{Json{{"setupComplete", Json::object()}}.dump()}};
  }
  if (told.contains("clientContent")) {
    const Json& content = told["clientContent"];
    heard_ += tokens_of_texts(content.value("turns", Json()));
    return {.asks = content.value("turnComplete", false)};
  }
  if (told.contains("realtimeInput")) {
    const Json& input = told["realtimeInput"];
    heard_ += tokens_of_texts(input);
    return {.asks = input.contains("text")};
  }
  return {};
}

std::vector<std::string> Conversation::begin_answer() {
  ++answers_;
  if (family_ == Family::gemini) return {};
  const Json response{
      {"id", answer_id()}, {"object", "realtime.response"}, {"status", "in_progress"}};
  return {Json{{"type", "response.created"}, {"response", response}}.dump()};
}

std::string Conversation::delta(std::string_view text) const {
  if (family_ == Family::gemini) {
    const Json part{{"text", text}};
    return Json{{"serverContent", {{"modelTurn", {{"parts", Json::array({part})}}}}}}.dump();
  }
  return Json{{"type", "response.output_text.delta"}, {"response_id", answer_id()}, {"delta", text}}
      .dump();
}

Conversation::Answered Conversation::end_answer(std::string_view text, std::uint64_t tokens) {
  const std::uint64_t read = heard_;
  heard_ += tokens;
  if (family_ == Family::gemini) {
    return {{Json{{"serverContent", {{"generationComplete", true}}}}.dump(),
             Json{{"serverContent", {{"turnComplete", true}}},
                  {"usageMetadata",
                   {{"promptTokenCount", read},
                    {"responseTokenCount", tokens},
                    {"totalTokenCount", read + tokens}}}}
                 .dump()},
            read};
  }
  const Json content{{"type", "output_text"}, {"text", text}};
  const Json item{{"type", "message"}, {"role", "assistant"}, {"content", Json::array({content})}};
  return {{Json{{"type", "response.output_text.done"}, {"response_id", answer_id()}, {"text", text}}
               .dump(),
           Json{{"type", "response.done"},
                {"response",
                 {{"id", answer_id()},
                  {"object", "realtime.response"},
                  {"status", "completed"},
                  {"output", Json::array({item})},
                  {"usage",
                   {{"total_tokens", read + tokens},
                    {"input_tokens", read},
                    {"output_tokens", tokens},
                    {"input_token_details",
                     {{"text_tokens", read}, {"audio_tokens", 0}, {"cached_tokens", 0}}},
                    {"output_token_details", {{"text_tokens", tokens}, {"audio_tokens", 0}}}}}}}}
               .dump()},
          read};
}

asio::awaitable<void> converse(http::Responder& responder, const RealtimeCall& call,
                               Conversation& conversation) {
  Stream stream(responder.take_over());
  const auto protocol = chosen_protocol(call.request);
  const auto decorate = [&](websocket::response_type& head) {
    for (const auto& field : call.headers) head.insert(field.name, field.value);
    if (!protocol.empty()) head.set(boost::beast::http::field::sec_websocket_protocol, protocol);
  };
  stream.set_option(websocket::stream_base::decorator(decorate));
  const auto handshake = handshake_of(call.request);
  error_code ec;
  co_await stream.async_accept(handshake, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return;
  stream.binary(call.family == Family::gemini);

  Speaker speaker(stream);
  auto opening = conversation.opening();
  bool goes_on = co_await speaker.say_all(std::move(opening));
  boost::beast::flat_buffer buffer;
  while (goes_on) {
    co_await stream.async_read(buffer, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return;
    const std::string message = boost::beast::buffers_to_string(buffer.data());
    buffer.clear();
    auto heard = conversation.hear(message);
    goes_on = co_await speaker.say_all(std::move(heard.replies));
    if (!goes_on || !heard.asks) continue;
    goes_on = co_await answer(speaker, conversation, call);
    if (call.fault != nullptr && call.fault->kind == FaultKind::reset) responder.reset();
  }
}

bool wants_websocket(const http::Request& request) {
  return http::same_name(request.header("upgrade").value_or(""), "websocket");
}

}  // namespace keypool::lab
