#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "lab/question.h"
#include "lab/shelf.h"
#include "lab/wire.h"

namespace keypool::lab {

/// A call to one of the endpoints that keep things, or to one of the small ones beside the models.
struct ResourceCall {
  const http::Request& request;
  std::vector<std::string> names;  ///< what stands in the path where its pattern has `{}`
  std::string owner;               ///< the organization; things it makes are its own
  const Asker& asker;
  const Wire& wire;
  Shelf& shelf;

  /// The body as JSON; null where it is none.
  [[nodiscard]] Json body() const;
  /// The caller's thing of this name, if it is one of the collection.
  [[nodiscard]] Thing* find(std::string_view id, std::string_view collection) const;
  /// The provider's own 404.
  [[nodiscard]] http::Answer not_found(std::string_view message) const;
  [[nodiscard]] http::Answer mistake(std::string_view message) const;
};

using ResourceHandler = http::Answer (*)(const ResourceCall& call);

struct ResourceRoute {
  std::string_view method;
  std::string_view path;  ///< its last segments; `{}` stands for any one
  ResourceHandler handler;
};

[[nodiscard]] std::span<const ResourceRoute> openai_resources() noexcept;
[[nodiscard]] std::span<const ResourceRoute> anthropic_resources() noexcept;
[[nodiscard]] std::span<const ResourceRoute> gemini_resources() noexcept;

/// The route of the family that serves the request, with the names that its path holds.
struct FoundResource {
  ResourceHandler handler;
  std::vector<std::string> names;
};
[[nodiscard]] std::optional<FoundResource> find_resource(Family family,
                                                         const http::Request& request);

/// Why a question may not refer to what it refers to: nothing of that name is the caller's.
[[nodiscard]] std::optional<http::Answer> refuse_references(const Question& question,
                                                            std::string_view owner,
                                                            const Asker& asker, const Wire& wire,
                                                            Shelf& shelf);

[[nodiscard]] http::Answer json_answer(const Json& body, int status = 200);

/// The value of a query parameter; empty: there is none.
[[nodiscard]] std::string_view query_value(std::string_view query, std::string_view name);

}  // namespace keypool::lab
