#include "lab/known_answers.h"

#include <algorithm>

namespace keypool::lab {
namespace {

/// The body with its `@` said as often as it is to be.
std::string body_of(const KnownAnswer& known) {
  std::string body(known.body);
  const auto at = known.repeats == 1 ? body.npos : body.find('@');
  if (at != body.npos) body.replace(at, 1, known.repeats, 'a');
  return body;
}

}  // namespace

const KnownAnswer* known_answer(std::string_view name) noexcept {
  for (const auto answers : {known_refusals(), known_streams()}) {
    const auto found = std::ranges::find(answers, name, &KnownAnswer::name);
    if (found != answers.end()) return &*found;
  }
  return nullptr;
}

http::Answer to_answer(const KnownAnswer& known) {
  http::Answer answer{.status = known.status, .body = body_of(known)};
  std::string_view lines = known.headers;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const auto colon = line.find(": ");
    answer.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
  }
  if (!answer.header("content-type")) {
    answer.headers.push_back({"content-type", "application/json"});
  }
  return answer;
}

void say(const KnownAnswer& known, Fault& fault) {
  fault.kind = FaultKind::answer;
  fault.answer = to_answer(known);
  fault.input_tokens = known.input_tokens;
  fault.output_tokens = known.output_tokens;
}

}  // namespace keypool::lab
