// Any beginning of a stream is preamble, content or a refusal, and cutting it makes no difference.
#include "fuzz/input.h"
#include "provider/stream_preamble.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::provider;

constexpr Dialect kDialects[] = {Dialect::openai, Dialect::anthropic, Dialect::gemini,
                                 Dialect::azure_openai, Dialect::generic};
constexpr std::string_view kTypes[] = {"text/event-stream", "application/json",
                                       "application/x-ndjson"};
constexpr keypool::WallTime kNow{std::chrono::seconds(1'795'435'200)};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Dialect dialect = input.choice(kDialects);
  const std::string_view type = input.choice(kTypes);
  const unsigned seed = input.byte();
  const std::string_view bytes = input.rest();

  StreamPreamble whole(dialect, type);
  whole.feed(bytes, kNow);
  const StreamStart start = whole.finish(kNow);
  const bool refused = start == StreamStart::refused;
  require(refused == (whole.refusal().kind != VerdictKind::success), "a refusal says what it is");

  if (bytes.size() > kPreambleBytes) return 0;  // where the window ends depends on the pieces
  StreamPreamble pieced(dialect, type);
  for (const std::string_view piece : keypool::fuzz::cut(bytes, seed)) pieced.feed(piece, kNow);
  require(pieced.finish(kNow) == start, "pieces give what the whole gives");
  return 0;
}
