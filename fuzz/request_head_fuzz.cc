// Heads of requests: what is taken in pieces is what is taken whole, and keeps what is promised of
// it, whatever came.
#include <algorithm>
#include <string>

#include "fuzz/input.h"
#include "http/characters.h"
#include "http/head.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::http;

constexpr HeadLimits kLimits{.bytes = 4096, .headers = 20};

struct Read {
  std::size_t size = 0;
  int refused = 0;

  bool operator==(const Read&) const = default;
};

Read read_whole(RequestHead& head, std::string_view bytes) {
  const auto size = head.read(bytes, kLimits);
  return size ? Read{*size, 0} : Read{0, size.error().status};
}

Read read_in_pieces(RequestHead& head, std::string_view bytes, unsigned seed) {
  std::size_t come = 0;
  for (const auto piece : keypool::fuzz::cut(bytes, seed)) {
    come += piece.size();
    const auto read = read_whole(head, bytes.substr(0, come));
    if (read.size > 0 || read.refused > 0) return read;
  }
  return {};
}

void check(const RequestHead& head) {
  require(!head.method().empty() && all(head.method(), kToken), "a method is a token");
  require(head.method() != "CONNECT" && head.method() != "TRACE", "some methods are not taken");
  require(head.target().starts_with('/') && all(head.target(), kTarget), "a target is a path");
  std::size_t hosts = 0;
  std::size_t codings = 0;
  std::size_t lengths = 0;
  for (const auto& header : head.headers()) {
    require(!header.name.empty() && all(header.name, kToken), "a name is a token");
    require(all(header.value, kText), "a value has no control characters");
    if (same_name(header.name, "host")) ++hosts;
    if (same_name(header.name, "transfer-encoding")) ++codings;
    if (same_name(header.name, "content-length")) ++lengths;
  }
  require(head.headers().size() <= kLimits.headers, "there are no more headers than may be");
  require(hosts <= 1 && hosts >= static_cast<std::size_t>(head.minor_version()), "one Host");
  require(codings <= 1 && (codings == 0 || lengths == 0), "one framing");
  require((head.framing().kind == Framing::Kind::chunked) == (codings == 1), "chunks when said");
  require(head.framing().kind != Framing::Kind::until_close, "a request ends by itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned seed = input.byte();
  const auto bytes = input.rest();

  RequestHead whole;
  const auto at_once = read_whole(whole, bytes);
  RequestHead pieced;
  const auto in_pieces = read_in_pieces(pieced, bytes, seed);

  if (at_once.size > 0) {
    require(in_pieces == at_once, "pieces give what the whole gives");
    require(pieced.method() == whole.method() && pieced.target() == whole.target(), "the same");
    check(whole);
  }
  if (in_pieces.size > 0) require(at_once == in_pieces, "the whole gives what pieces give");
  return 0;
}
