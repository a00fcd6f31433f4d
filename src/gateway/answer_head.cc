#include "gateway/answer_head.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "provider/dialect.h"

namespace keypool::gateway {
namespace {

void add_status(std::string& out, int status, std::string_view reason) {
  out.append("HTTP/1.1 ");
  fmt::format_to(std::back_inserter(out), "{} ", status);
  out.append(reason).append("\r\n");
}

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void add_number(std::string& out, std::string_view name, std::uint64_t value) {
  add_line(out, name, fmt::format_int(value).c_str());
}

void add_provenance(std::string& out, const Provenance& provenance) {
  if (!provenance.endpoint.empty()) add_line(out, "x-keypool-endpoint", provenance.endpoint);
  if (!provenance.key.empty()) add_line(out, "x-keypool-key", provenance.key);
  if (provenance.attempts > 0) {
    add_number(out, "x-keypool-attempts", static_cast<std::uint64_t>(provenance.attempts));
  }
}

void add_connection(std::string& out, int minor_version, bool keeps_alive) {
  if (!keeps_alive) {
    add_line(out, "connection", "close");
  } else if (minor_version == 0) {
    add_line(out, "connection", "keep-alive");
  }
}

// Whether the gateway writes the header itself.
bool is_framing(std::string_view name) {
  return http::same_name(name, "content-length") || http::same_name(name, "transfer-encoding");
}

bool is_own(std::string_view name) {
  constexpr std::string_view kOwn = "x-keypool-";
  return name.size() > kOwn.size() && http::same_name(name.substr(0, kOwn.size()), kOwn);
}

bool is_advice(std::string_view name) {
  constexpr std::string_view kAdvice[] = {"retry-after", "retry-after-ms", "x-ms-retry-after-ms",
                                          "x-should-retry"};
  return std::any_of(std::begin(kAdvice), std::end(kAdvice),
                     [name](std::string_view one) { return http::same_name(one, name); });
}

void add_headers(std::string& out, const http::ResponseHead& head, const HeadChanges& changes) {
  for (const auto& header : head.headers()) {
    if (provider::kept_from_client(header.name) || is_framing(header.name) || is_own(header.name) ||
        head.is_connection_option(header.name) || (changes.advice && is_advice(header.name))) {
      continue;
    }
    if (changes.relocation != nullptr && provider::is_address(header.name)) {
      add_line(out, header.name, relocated(header.value, *changes.relocation));
    } else {
      add_line(out, header.name, header.value);
    }
  }
}

void add_advice(std::string& out, const RetryAdvice& advice) {
  if (advice.after) {
    const auto whole_seconds = std::chrono::ceil<std::chrono::seconds>(*advice.after).count();
    add_number(out, "retry-after", static_cast<std::uint64_t>(std::max<long>(whole_seconds, 0)));
  }
  if (advice.should_retry) add_line(out, "x-should-retry", *advice.should_retry ? "true" : "false");
}

}  // namespace

ClientFraming frame_for_client(const http::ResponseHead& head, int minor_version, bool keeps_alive,
                               Bytes bytes) {
  using Kind = http::Framing::Kind;
  ClientFraming out{head.framing(), std::nullopt, keeps_alive};
  switch (head.framing().kind) {
    case Kind::none:
      if (head.status() != 204) out.declared_length = head.declared_length();
      return out;
    case Kind::length:
      if (bytes == Bytes::all) return out;
      break;
    case Kind::chunked:
    case Kind::until_close:
      break;
  }
  out.framing = {minor_version == 1 ? Kind::chunked : Kind::until_close, 0};
  if (minor_version == 0) out.keeps_alive = false;
  return out;
}

void write_answer_head(const http::ResponseHead& head, int minor_version,
                       const ClientFraming& framing, const HeadChanges& changes, std::string& out) {
  add_status(out, head.status(), head.reason());
  add_headers(out, head, changes);
  switch (framing.framing.kind) {
    case http::Framing::Kind::none:
      if (framing.declared_length) add_number(out, "content-length", *framing.declared_length);
      break;
    case http::Framing::Kind::length:
      add_number(out, "content-length", framing.framing.length);
      break;
    case http::Framing::Kind::chunked:
      add_line(out, "transfer-encoding", "chunked");
      break;
    case http::Framing::Kind::until_close:
      break;
  }
  if (changes.advice) add_advice(out, *changes.advice);
  add_provenance(out, changes.provenance);
  add_connection(out, minor_version, framing.keeps_alive);
  out.append("\r\n");
}

void write_switching_head(const http::ResponseHead& head, const HeadChanges& changes,
                          std::string& out) {
  add_status(out, head.status(), reason_phrase(head.status()));
  add_line(out, "connection", "Upgrade");
  add_line(out, "upgrade", "websocket");
  add_headers(out, head, changes);
  add_provenance(out, changes.provenance);
  out.append("\r\n");
}

void write_interim_head(const http::ResponseHead& head, std::string& out) {
  add_status(out, head.status(), head.reason());
  add_headers(out, head, {});
  out.append("\r\n");
}

void write_own_error(const OwnError& error, int minor_version, bool keeps_alive, bool head_only,
                     const Provenance& provenance, std::string& out) {
  out.clear();
  add_status(out, error.status, reason_phrase(error.status));
  add_line(out, "content-type", "application/json");
  add_number(out, "content-length", error.body.size());
  add_advice(out, error.advice);
  add_provenance(out, provenance);
  add_connection(out, minor_version, keeps_alive);
  out.append("\r\n");
  if (!head_only) out.append(error.body);
}

std::string_view reason_phrase(int status) noexcept {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr Phrase kPhrases[] = {
      {101, "Switching Protocols"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {408, "Request Timeout"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {417, "Expectation Failed"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Error";
}

}  // namespace keypool::gateway
