// Any bytes are an answer with some usage, and cutting them makes no difference.
#include <memory>

#include "fuzz/input.h"
#include "provider/usage.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using keypool::provider::Usage;

constexpr std::string_view kTypes[] = {"text/event-stream", "application/json",
                                       "application/x-ndjson"};
constexpr std::string_view kCodings[] = {"", "gzip", "deflate", "br"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view type = input.choice(kTypes);
  const std::string_view coding = input.choice(kCodings);
  const unsigned seed = input.byte();
  const std::string_view body = input.rest();

  const auto tap = [&] {
    return keypool::provider::make_usage_tap(keypool::provider::Dialect::openai, type, coding);
  };
  const auto whole = tap();
  whole->feed(body);
  const Usage usage = whole->finish();
  const auto pieced = tap();
  for (const std::string_view piece : keypool::fuzz::cut(body, seed)) pieced->feed(piece);

  require(pieced->finish() == usage, "pieces give the usage of the whole");
  require(usage.cached_tokens <= usage.input_tokens, "cached input is part of the input");
  require(usage.reasoning_tokens <= usage.output_tokens, "reasoning is part of the output");
  return 0;
}
