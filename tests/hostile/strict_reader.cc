#include "tests/hostile/strict_reader.h"

#include <algorithm>
#include <cctype>

namespace keypool::hostile {
namespace {

bool is_token(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

bool StrictMessage::has(std::string_view name) const {
  return std::ranges::any_of(lines, [name](const std::string& line) {
    return line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':';
  });
}

std::string doubt_about(std::string_view head) {
  int lengths = 0;
  int codings = 0;
  int hosts = 0;
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    if (end == std::string_view::npos) return "a line without CRLF";
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.empty()) return lengths + codings > 1 ? "two framings" : hosts > 1 ? "two hosts" : "";
    for (const char c : line) {
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return "a control";
    }
    if (std::exchange(first, false)) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return "a line without colon";
    const auto name = line.substr(0, colon);
    if (name.empty() || !std::ranges::all_of(name, is_token)) return "a name that is no token";
    const auto value = line.substr(colon + 1);
    if (lower(name) == "content-length") {
      ++lengths;
      if (value.find_first_not_of("0123456789", 1) != std::string_view::npos) return "a bad length";
    }
    if (lower(name) == "transfer-encoding") {
      ++codings;
      if (value != " chunked") return "a bad coding";
    }
    if (lower(name) == "host") ++hosts;
  }
  return "no empty line";
}

std::optional<StrictMessage> StrictReader::request() {
  const auto head = wire_.read_head();
  if (head.empty()) return std::nullopt;
  StrictMessage message;
  message.trouble = doubt_about(head);
  message.start = head.substr(0, head.find("\r\n"));
  std::size_t length = 0;
  bool chunked = false;
  for (auto begin = message.start.size() + 2; begin + 2 < head.size();) {
    const auto end = head.find("\r\n", begin);
    auto line = head.substr(begin, end - begin);
    const auto colon = std::min(line.find(':'), line.size());
    line = lower(line.substr(0, colon)) + line.substr(colon);
    if (line.starts_with("content-length: ")) length = std::stoul(line.substr(16));
    if (line.starts_with("transfer-encoding: ")) chunked = true;
    message.lines.push_back(std::move(line));
    begin = end + 2;
  }
  if (chunked) {
    if (!read_chunks(message)) return std::nullopt;
  } else {
    while (message.body.size() < length) {
      const auto some = wire_.read_some(length - message.body.size());
      if (some.empty()) return std::nullopt;
      message.body += some;
    }
  }
  return message;
}

// Lower-case digits, no leading zero, no extension, no trailer: how keypool writes them.
bool StrictReader::read_chunks(StrictMessage& message) {
  const auto byte = [this](char& c) {
    const auto one = wire_.read_some(1);
    if (!one.empty()) c = one.front();
    return !one.empty();
  };
  for (;;) {
    std::string digits;
    char c = 0;
    while (byte(c) && c != '\r') digits += c;
    if (!byte(c)) return false;
    if (c != '\n' || digits.empty() || digits.size() > 8 ||
        digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
      message.trouble = "a bad chunk size";
      return true;
    }
    const auto size = std::stoul(digits, nullptr, 16);
    std::string data;
    while (data.size() < size + 2) {
      const auto some = wire_.read_some(size + 2 - data.size());
      if (some.empty()) return false;
      data += some;
    }
    if (!data.ends_with("\r\n")) message.trouble = "a chunk that ends without CRLF";
    message.body += data.substr(0, size);
    if (size == 0) return true;
  }
}

}  // namespace keypool::hostile
