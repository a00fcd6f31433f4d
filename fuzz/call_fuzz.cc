// Any bytes are a request that reads as some call; of JSON, the model a full parser reads.
#include <string>

#include <simdjson.h>

#include "fuzz/input.h"
#include "provider/call.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using keypool::provider::Call;
using keypool::provider::Dialect;

constexpr Dialect kDialects[] = {Dialect::openai, Dialect::anthropic, Dialect::gemini,
                                 Dialect::azure_openai, Dialect::generic};
constexpr std::string_view kTypes[] = {"application/json", "multipart/form-data; boundary=b", "",
                                       "text/plain"};

// The model that a full parser finds: the last, as here. Nothing where there is none to compare.
bool same_model(std::string_view body, const Call& call) {
  namespace dom = simdjson::dom;
  dom::parser parser;
  dom::object object;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) return true;
  std::string model;
  for (const auto& member : object) {
    std::string_view text;
    if (member.key != "model" || member.value.get(text) != simdjson::SUCCESS) continue;
    if (text.size() > keypool::provider::kModelBytes / 6) return true;  // escaped, it may be longer
    model = text;
  }
  return call.model == model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Dialect dialect = input.choice(kDialects);
  const std::string_view type = input.choice(kTypes);
  const std::string_view target = input.line();
  const std::string_view body = input.rest();

  const Call call = keypool::provider::read_call(dialect, target, type, body);

  require(call.model.size() <= keypool::provider::kModelBytes, "a model's name is bounded");
  const bool compares = dialect == Dialect::openai && !type.starts_with("multipart") &&
                        target.find('?') == std::string_view::npos;
  if (compares) require(same_model(body, call), "the model is the one a full parser reads");
  return 0;
}
