#include "admin/known_endpoint.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/json_answer.h"

namespace keypool::admin {

bool known_endpoint(const Subject& subject, std::string_view name) {
  return std::ranges::find(subject.config.endpoints, name, &config::Endpoint::name) !=
         subject.config.endpoints.end();
}

http::Answer unknown_endpoint(const Subject& subject, std::string_view name) {
  auto names = subject.config.endpoints | std::views::transform(&config::Endpoint::name);
  return error_answer(404, "unknown_endpoint",
                      fmt::format("no endpoint \"{}\"; there {}: {}", name,
                                  subject.config.endpoints.size() == 1 ? "is" : "are",
                                  fmt::join(names.begin(), names.end(), ", ")));
}

}  // namespace keypool::admin
