// Ids are bounded in number and length, and cutting an answer makes no difference to them.
#include <vector>

#include "fuzz/input.h"
#include "provider/call.h"
#include "provider/sticky.h"
#include "provider/usage.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using namespace keypool::provider;

constexpr Dialect kDialects[] = {Dialect::openai, Dialect::anthropic, Dialect::gemini,
                                 Dialect::azure_openai, Dialect::generic};
constexpr std::string_view kMethods[] = {"GET", "POST", "DELETE"};
constexpr std::string_view kTypes[] = {"application/json", "text/event-stream",
                                       "application/x-ndjson"};
constexpr Kept kKept[] = {Kept::any, Kept::marked, Kept::nothing};

void check(std::span<const std::string> ids) {
  require(ids.size() <= ResourceIds::kMost, "ids are bounded in number");
  for (const std::string& id : ids) {
    require(!id.empty() && id.size() <= ResourceIds::kBytes, "ids are bounded in length");
    require(id.find('/') == std::string::npos, "ids carry no collection");
  }
}

std::vector<std::string> made(Dialect dialect, std::string_view type, Kept kept,
                              const std::vector<std::string_view>& pieces) {
  const auto tap = make_usage_tap(dialect, type, "", kept);
  for (const std::string_view piece : pieces) tap->feed(piece);
  static_cast<void>(tap->finish());
  const auto ids = tap->resources();
  return {ids.begin(), ids.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Dialect dialect = input.choice(kDialects);
  const std::string_view method = input.choice(kMethods);
  const std::string_view type = input.choice(kTypes);
  const Kept kept = input.choice(kKept);
  const unsigned seed = input.byte();
  const std::string_view target = input.line();
  const std::string_view body = input.rest();

  check(read_call(dialect, target, "application/json", body).resources.all());
  if (is_collection_call(dialect, method, target)) {
    ResourceIds named;
    add_named_in_target(dialect, target.substr(0, target.find('?')), named);
    check(named.all());
  }
  static_cast<void>(kept_by(dialect, method, target, true));

  const auto whole = made(dialect, type, kept, {body});
  check(whole);
  require(kept != Kept::nothing || whole.empty(), "what is not looked at is not found");
  require(made(dialect, type, kept, keypool::fuzz::cut(body, seed)) == whole,
          "pieces give the ids of the whole");
  return 0;
}
