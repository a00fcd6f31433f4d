// Heads of answers, to requests of any method.
#include <string>

#include "fuzz/input.h"
#include "http/characters.h"
#include "http/head.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::http;

constexpr HeadLimits kLimits{.bytes = 4096, .headers = 20};

void check(const ResponseHead& head, std::string_view method) {
  require(head.status() >= 100 && head.status() <= 599, "a status is one of five kinds");
  require(all(head.reason(), kText), "a reason has no control characters");
  bool has_coding = false;
  bool has_length = false;
  for (const auto& header : head.headers()) {
    require(!header.name.empty() && all(header.name, kToken), "a name is a token");
    require(all(header.value, kText), "a value has no control characters");
    has_coding = has_coding || same_name(header.name, "transfer-encoding");
    has_length = has_length || same_name(header.name, "content-length");
  }
  require(!(has_coding && has_length), "one framing");
  const bool bodyless =
      method == "HEAD" || head.interim() || head.status() == 204 || head.status() == 304;
  if (bodyless) require(head.framing().kind == Framing::Kind::none, "some answers have no body");
  if (head.framing().kind == Framing::Kind::until_close) {
    require(!head.keeps_alive(), "what ends with the connection ends it");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST"};
  Input input(data, size);
  const unsigned seed = input.byte();
  const auto method = input.choice(kMethods);
  const auto bytes = input.rest();

  ResponseHead whole;
  const auto at_once = whole.read(bytes, method, kLimits);
  if (at_once && *at_once > 0) {
    check(whole, method);
    ResponseHead pieced;
    std::size_t come = 0;
    std::size_t end = 0;
    for (const auto piece : keypool::fuzz::cut(bytes, seed)) {
      come += piece.size();
      const auto read = pieced.read(bytes.substr(0, come), method, kLimits);
      require(read.has_value(), "pieces of what is taken are not refused");
      end = *read;
      if (end > 0) break;
    }
    require(end == *at_once && pieced.status() == whole.status(),
            "pieces give what the whole gives");
  }
  return 0;
}
