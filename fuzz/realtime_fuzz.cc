// Any messages add up to some usage, and cutting them makes no difference.
#include "fuzz/input.h"
#include "provider/realtime.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using keypool::provider::RealtimeTap;
using keypool::provider::Usage;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned seed = input.byte();

  RealtimeTap whole;
  RealtimeTap pieced;
  while (!input.rest().empty()) {
    const std::string_view message = input.line();
    whole.feed(message);
    whole.end_message();
    for (const std::string_view piece : keypool::fuzz::cut(message, seed)) pieced.feed(piece);
    pieced.end_message();
  }

  const Usage usage = whole.finish();
  require(pieced.finish() == usage, "pieces give the usage of the whole");
  require(usage.cached_tokens <= usage.input_tokens, "cached input is part of the input");
  require(usage.reasoning_tokens <= usage.output_tokens, "reasoning is part of the output");
  return 0;
}
