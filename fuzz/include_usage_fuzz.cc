// Asking for usage keeps a request a request; taking the answer out loses nothing else.
#include <string>

#include <simdjson.h>

#include "fuzz/input.h"
#include "provider/include_usage.h"
#include "tests/provider/filtered.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using keypool::provider::filtered;
namespace dom = simdjson::dom;

bool is_json(std::string_view text) {
  dom::parser parser;
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

bool asks(std::string_view text) {
  dom::parser parser;
  bool asked = false;
  return parser.parse(text.data(), text.size())["stream_options"]["include_usage"].get(asked) ==
             simdjson::SUCCESS &&
         asked;
}

void check_question(std::string_view body) {
  const auto asked = keypool::provider::ask_for_usage(body);
  if (!asked || !is_json(body)) return;
  require(is_json(*asked), "JSON stays JSON");
  require(asks(*asked), "the question stands in it");
  require(!keypool::provider::ask_for_usage(*asked), "it is asked once");
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  std::size_t matched = 0;
  for (const char c : whole) {
    if (matched < part.size() && part[matched] == c) ++matched;
  }
  return matched == part.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned seed = input.byte();
  const std::string_view bytes = input.rest();

  check_question(bytes);
  const std::string out = filtered({bytes});
  require(filtered(keypool::fuzz::cut(bytes, seed)) == out, "pieces give what the whole gives");
  require(is_subsequence(out, bytes), "nothing is added");
  require(bytes.find("usage") != std::string_view::npos ||
              bytes.find('\\') != std::string_view::npos || out == bytes,
          "without usage nothing is taken");
  return 0;
}
