#pragma once

#include <functional>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "config/config.h"
#include "http/answer.h"
#include "http/server.h"

namespace keypool::admin {

/// What the API tells about and acts on. Everything pointed to outlives it.
struct Subject {
  const config::Config& config;
  KeyPool& pool;
  const Clock& clock;
  std::function<bool()> stopping;  ///< the gateway takes no new calls
};

/// The admin API, as a plain function of one request:
///
///     GET  /                                  what there is, as text
///     GET  /healthz                           the process is alive
///     GET  /readyz                            a call sent now could be served; else 503 and why
///     GET  /api/v1/endpoints
///     GET  /api/v1/keys[?endpoint=NAME]
///     POST /api/v1/keys/{endpoint}/{name}/(enable|disable|reset)
[[nodiscard]] http::Answer answer(const http::Request& request, const Subject& subject);

}  // namespace keypool::admin
