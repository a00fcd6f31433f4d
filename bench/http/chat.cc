#include "bench/http/chat.h"

#include <charconv>
#include <cstdio>
#include <iterator>

#include <fmt/format.h>

namespace keypool::bench {
namespace {

/// Stands before the moment in an event's content; occurs nowhere else in a stream.
constexpr std::string_view kMark = R"("content":"@)";

/// `middle` stretched so that it makes `size` bytes together with what stands around it.
std::string filler(std::size_t size, std::size_t around) {
  static constexpr std::string_view kWords = "lorem ipsum dolor sit amet ";
  std::string text;
  for (std::size_t i = 0; around + i < size; ++i) text += kWords[i % kWords.size()];
  return text;
}

std::string with_head(std::string_view status, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nx-request-id: req_0000000000000001\r\n"
      "Content-Length: {}\r\n\r\n{}",
      status, body.size(), body);
}

void append_chunk(std::string& out, std::string_view data) {
  fmt::format_to(std::back_inserter(out), "{:x}\r\n{}\r\n", data.size(), data);
}

}  // namespace

std::string to_header(const StreamShape& shape) {
  return fmt::format("events={} bytes={} every_ms={}", shape.events, shape.bytes, shape.every_ms);
}

std::optional<StreamShape> shape_from_header(std::string_view value) {
  StreamShape shape;
  if (std::sscanf(std::string(value).c_str(), "events=%d bytes=%d every_ms=%d", &shape.events,
                  &shape.bytes, &shape.every_ms) != 3) {
    return std::nullopt;
  }
  return shape;
}

std::string to_wire(const ChatRequest& request) {
  std::string body = R"({"model":"gpt-4.1","temperature":0.7,"max_tokens":256,)";
  if (request.stream) body += R"("stream":true,"stream_options":{"include_usage":true},)";
  body += R"("messages":[{"role":"user","content":")";
  static constexpr std::string_view kTail = R"("}]})";
  body += filler(request.body_bytes, body.size() + kTail.size());
  body += kTail;

  std::string wire = fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: application/json\r\n"
      "Content-Type: application/json\r\nUser-Agent: keypool-bench\r\nAuthorization: Bearer {}\r\n",
      request.path, request.port, request.credential);
  if (request.stream) wire += fmt::format("{}: {}\r\n", kShapeHeader, to_header(*request.stream));
  wire += fmt::format("Content-Length: {}\r\n\r\n", body.size());
  return wire + body;
}

bool asks_for_stream(std::string_view body) { return body.find(R"("stream":true)") != body.npos; }

std::string plain_answer(std::size_t bytes) {
  static constexpr std::string_view kFront =
      R"({"id":"chatcmpl-0000000000000000000000000001","object":"chat.completion",)"
      R"("created":1700000000,"model":"gpt-4.1","choices":[{"index":0,"message":)"
      R"({"role":"assistant","content":")";
  static constexpr std::string_view kTail =
      R"("},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":219,)"
      R"("completion_tokens":24,"total_tokens":243,"prompt_tokens_details":{"cached_tokens":0}}})";
  return with_head("200 OK", std::string(kFront) + filler(bytes, kFront.size() + kTail.size()) +
                                 std::string(kTail));
}

std::string refusal() {
  return with_head("401 Unauthorized",
                   R"({"error":{"message":"Incorrect API key provided.",)"
                   R"("type":"invalid_request_error","code":"invalid_api_key"}})");
}

std::string_view stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
         "x-request-id: req_0000000000000001\r\nTransfer-Encoding: chunked\r\n\r\n";
}

void append_event(std::string& out, const StreamShape& shape, Moment made) {
  std::string event = fmt::format(
      R"(data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
      R"("model":"gpt-4.1","choices":[{{"index":0,"delta":{{{}{} )",
      kMark, made.time_since_epoch().count());
  static constexpr std::string_view kTail = "\"},\"finish_reason\":null}]}\n\n";
  event += filler(static_cast<std::size_t>(shape.bytes), event.size() + kTail.size());
  event += kTail;
  append_chunk(out, event);
}

void append_stream_end(std::string& out, const StreamShape& shape) {
  append_chunk(out,
               "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
               "\"created\":1700000000,\"model\":\"gpt-4.1\",\"choices\":[{\"index\":0,"
               "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
  append_chunk(out,
               fmt::format("data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                           "\"created\":1700000000,\"model\":\"gpt-4.1\",\"choices\":[],"
                           "\"usage\":{{\"prompt_tokens\":219,\"completion_tokens\":{},"
                           "\"total_tokens\":{}}}}}\n\n",
                           shape.events, 219 + shape.events));
  append_chunk(out, "data: [DONE]\n\n");
  out += "0\r\n\r\n";
}

std::optional<Moment> EventFinder::moment_in(std::string_view line) {
  const auto mark = line.find(kMark);
  if (mark == line.npos) return std::nullopt;
  const std::string_view digits = line.substr(mark + kMark.size());
  std::int64_t ns = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ns);
  if (error != std::errc{}) return std::nullopt;
  return Moment(nanoseconds(ns));
}

}  // namespace keypool::bench
