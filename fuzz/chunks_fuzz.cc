// Bodies in chunks: a plain reader that has the whole text finds the same body, or the same end.
#include <algorithm>
#include <optional>
#include <string>

#include "fuzz/input.h"
#include "http/body.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::http;

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool done = false;
  bool refused = false;

  bool operator==(const Decoded&) const = default;
};

Decoded decoded(const std::vector<std::string_view>& pieces) {
  BodyDecoder decoder(Framing{Framing::Kind::chunked, 0});
  Decoded out;
  for (auto piece : pieces) {
    while (!piece.empty() && !decoder.done()) {
      const auto announced = decoder.announced();
      const auto step = decoder.next(piece);
      if (!step) {
        // How far it came before it noticed depends on the pieces.
        out.used = 0;
        out.refused = true;
        return out;
      }
      require(step->used > 0 && step->used <= piece.size(), "each step takes something");
      require(step->data.size() <= announced, "no more comes than was announced");
      out.body.append(step->data);
      out.used += step->used;
      piece.remove_prefix(step->used);
    }
  }
  out.done = decoder.done();
  return out;
}

// Of well-formed bodies without extensions and trailers; nothing for all others.
std::optional<std::string> read_plainly(std::string_view text) {
  std::string body;
  for (;;) {
    const auto line = text.substr(0, text.find("\r\n"));
    if (line.empty() || line.size() > 6 || line.size() == text.size() ||
        line.find_first_not_of("0123456789abcdefABCDEF") != line.npos) {
      return std::nullopt;
    }
    text.remove_prefix(line.size() + 2);
    const auto size = std::stoul(std::string(line), nullptr, 16);
    if (size == 0) return text.starts_with("\r\n") ? std::optional(body) : std::nullopt;
    if (text.size() < size + 2 || text.substr(size, 2) != "\r\n") return std::nullopt;
    body.append(text.substr(0, size));
    text.remove_prefix(size + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned seed = input.byte();
  const auto bytes = input.rest();

  const auto whole = decoded({bytes});
  const auto pieces = decoded(keypool::fuzz::cut(bytes, seed));
  require(pieces == whole, "pieces give what the whole gives");
  if (const auto plain = read_plainly(bytes)) {
    require(whole.done && whole.body == *plain, "the decoder finds what a plain reader finds");
  }
  return 0;
}
