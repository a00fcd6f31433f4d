#include "lab/resources.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace keypool::lab {
namespace {

std::span<const ResourceRoute> routes_of(Family family) noexcept {
  switch (family) {
    case Family::openai:
      return openai_resources();
    case Family::anthropic:
      return anthropic_resources();
    case Family::gemini:
      return gemini_resources();
  }
  return {};
}

/// Takes the last segment off a path.
std::string_view take_segment(std::string_view& path) {
  const auto slash = path.rfind('/');
  const std::string_view segment = slash == path.npos ? path : path.substr(slash + 1);
  path = slash == path.npos ? std::string_view{} : path.substr(0, slash);
  return segment;
}

/// What stands in the place of each `{}`, in order; nothing where the path does not fit.
std::optional<std::vector<std::string>> fit(std::string_view pattern, std::string_view path) {
  std::vector<std::string> names;
  while (!pattern.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (wanted == "{}" && !segment.empty()) {
      names.insert(names.begin(), std::string(segment));
    } else if (wanted != segment) {
      return std::nullopt;
    }
  }
  return names;
}

http::Answer openai_error(int status, std::string_view message, Json code) {
  return json_answer({{"error",
                       {{"message", message},
                        {"type", "invalid_request_error"},
                        {"param", nullptr},
                        {"code", std::move(code)}}}},
                     status);
}

http::Answer refusal_of(const Reference& reference, Family family, const Asker& asker,
                        const Wire& wire) {
  switch (family) {
    case Family::openai:
      if (reference.field == "previous_response_id") {
        return openai_error(400,
                            fmt::format("Previous response with id '{}' not found.", reference.id),
                            "previous_response_not_found");
      }
      return openai_error(404, fmt::format("Nothing found with id '{}'.", reference.id), nullptr);
    case Family::anthropic:
      return wire.error(ErrorKind::not_found, asker,
                        fmt::format("File not found: {}", reference.id));
    case Family::gemini:
      return wire.error(
          ErrorKind::forbidden, asker,
          reference.field == "cachedContent"
              ? "CachedContent not found (or permission denied)"
              : fmt::format("You do not have permission to access the File {} or it may not exist.",
                            reference.id));
  }
  return {};
}

}  // namespace

Json ResourceCall::body() const {
  Json value = Json::parse(request.body, nullptr, false);
  return value.is_discarded() ? Json() : value;
}

Thing* ResourceCall::find(std::string_view id, std::string_view collection) const {
  Thing* thing = shelf.find(owner, id);
  return thing && thing->collection == collection ? thing : nullptr;
}

http::Answer ResourceCall::not_found(std::string_view message) const {
  return wire.error(ErrorKind::not_found, asker, message);
}

http::Answer ResourceCall::mistake(std::string_view message) const {
  return wire.error(ErrorKind::invalid_request, asker, message);
}

std::optional<FoundResource> find_resource(Family family, const http::Request& request) {
  for (const ResourceRoute& route : routes_of(family)) {
    if (route.method != request.method) continue;
    if (auto names = fit(route.path, request.path())) {
      return FoundResource{route.handler, std::move(*names)};
    }
  }
  return std::nullopt;
}

std::optional<http::Answer> refuse_references(const Question& question, std::string_view owner,
                                              const Asker& asker, const Wire& wire, Shelf& shelf) {
  const auto missing = std::ranges::find_if(question.references, [&](const Reference& reference) {
    return !shelf.find(owner, reference.id);
  });
  if (missing == question.references.end()) return std::nullopt;
  return refusal_of(*missing, question.family, asker, wire);
}

http::Answer json_answer(const Json& body, int status) {
  http::Answer answer{.status = status, .body = body.dump()};
  answer.headers.push_back({"content-type", "application/json"});
  return answer;
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != pair.npos) return pair.substr(equals + 1);
  }
  return {};
}

}  // namespace keypool::lab
