#pragma once

#include <span>
#include <string_view>

#include "admin/subject.h"
#include "http/answer.h"
#include "http/server.h"

namespace keypool::admin {

/// One thing that the admin API does. docs/openapi.json describes each.
struct Endpoint {
  std::string_view method;
  std::string_view path;  ///< `/api/v1/keys/{endpoint}/{name}`
  std::string_view what;
};

/// All of them.
[[nodiscard]] std::span<const Endpoint> api() noexcept;

/// The admin API as a plain function of one request. `GET /api/v1/events` is answered with the
/// beginning of a stream, to which Pulse's beats belong, `GET /api/v1/plan` and `POST
/// /api/v1/reload` with an empty 202 when a plan may be made or a reload is to begin.
[[nodiscard]] http::Answer answer(const http::Request& request, const Subject& subject);

/// Whether a plan is to be made, whose outcome takes the place of this answer.
[[nodiscard]] bool begins_plan(const http::Answer& answer) noexcept;

/// The same of a reload.
[[nodiscard]] bool begins_reload(const http::Answer& answer) noexcept;

/// Whether the answer begins a stream of events.
[[nodiscard]] bool begins_events(const http::Answer& answer) noexcept;

}  // namespace keypool::admin
