// Where a target goes: never out of the base URL, as the most careless server would read it.
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "gateway/routing.h"
#include "http/head.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool;

// Decodes until nothing changes, takes `\` for `/`, and leaves out what follows a `;`.
std::string read_carelessly(std::string path) {
  const auto hex = [](char c) {
    return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
  };
  for (std::string before; before != path;) {
    before = path;
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] == '%' && i + 2 < path.size() && hex(path[i + 1]) && hex(path[i + 2])) {
        out += static_cast<char>(std::stoi(path.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        out += path[i];
      }
    }
    path = out;
  }
  std::string plain;
  bool parameters = false;
  for (const char c : path) {
    if (c == '/' || c == '\\') parameters = false;
    if (c == ';') parameters = true;
    if (!parameters) plain += c == '\\' ? '/' : c;
  }
  return plain;
}

bool leaves(const std::string& path) {
  if (path.starts_with("//")) return true;
  int depth = 0;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto segment = path.substr(begin, end - begin);
    if (segment == "..")
      --depth;
    else if (!segment.empty() && segment != ".")
      ++depth;
    if (depth < 0) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto model = input.line();
  const auto target = input.line();

  config::Config config;
  for (const char* name : {"openai", "a.b"}) config.endpoints.emplace_back().name = name;
  config.routes = {{"gpt-*", "openai"}, {"*-mini*", "a.b"}};

  http::RequestHead head;
  const auto read = head.read("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n", {});
  if (!read || *read == 0) return 0;
  const auto destination = gateway::route(config, head.target(), model);
  if (!destination) return 0;
  require(destination->endpoint < config.endpoints.size(), "it goes to an endpoint there is");
  require(head.target().ends_with(destination->rest), "what goes on is the target's end");
  const auto path = destination->rest.substr(0, destination->rest.find('?'));
  require(!leaves(read_carelessly(std::string(path))), "it stays below the base URL");
  return 0;
}
