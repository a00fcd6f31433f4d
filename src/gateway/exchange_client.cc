// Who makes a call, and whether it may be made: by the request's head as far as that tells, and by
// the model once the body is read.
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "gateway/exchange.h"
#include "gateway/reactor.h"

namespace keypool::gateway {
namespace {

std::string utc(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// Whether what a call does is to look: at what models there are, at something stored.
bool only_reads(const http::RequestHead& request) {
  const auto method = request.method();
  return (method == "GET" || method == "HEAD") && !http::find(request.headers(), "upgrade");
}

}  // namespace

bool Exchange::client_may_call() {
  auto& site = reactor_.site();
  if (!access_.identify(request_)) {
    refused_ = {401, "unauthorized",
                "this gateway asks for a client token, and the request has none that is valid: "
                "send it as the API key. Who runs the gateway makes one: keypool token create NAME",
                std::nullopt, false};
    return false;
  }
  auto* const account = access_.account();
  if (account == nullptr) return true;
  const auto named = named_endpoint(config(), request_.target());
  if (named && !client_may_use(*named)) {
    refused_ = forbidden_endpoint(*named);
    return false;
  }
  const auto wall = site.clock.wall();
  const auto refusal = account->admit(site.clock.now(), wall);
  if (!refusal) return true;
  switch (refusal->kind) {
    case state::ClientRefusal::Kind::rate:
      refused_ = {429, "client_limit",
                  fmt::format("client {} has made the {} calls a minute that it may: its next one "
                              "is served in {:.1f} s",
                              access_.name(), account->client().rpm,
                              std::chrono::duration<double>(refusal->retry_after).count()),
                  refusal->retry_after, true};
      return false;
    case state::ClientRefusal::Kind::budget:
      refused_ = {429, "budget_exceeded",
                  fmt::format("client {} has used up its {}: calls are served again from {} on",
                              access_.name(), refusal->bound, utc(wall + refusal->retry_after)),
                  refusal->retry_after, false};
      return false;
  }
  return false;
}

// Where the body decides: the endpoint of a route, and the model.
bool Exchange::client_may_go_to(std::size_t endpoint) {
  auto* const account = access_.account();
  if (!client_may_use(endpoint)) {
    refused_ = forbidden_endpoint(endpoint);
    return false;
  }
  if (account == nullptr || account->may_use_model(call_.model)) return true;
  // Without a model's name nobody could tell what a call will do: a file of calls may name any.
  if (call_.model.empty() && only_reads(request_)) return true;
  refused_ = {403, "forbidden_model",
              fmt::format("client {} may not {}; it may use {}", access_.name(),
                          call_.model.empty() ? "make calls that name no model"
                                              : fmt::format("use model \"{}\"", call_.model),
                          fmt::join(account->client().models, ", ")),
              std::nullopt, false};
  return false;
}

bool Exchange::client_may_use(std::size_t endpoint) const {
  auto* const account = access_.account();
  return account == nullptr || account->may_use_endpoint(config().endpoints[endpoint].name);
}

Exchange::Refused Exchange::forbidden_endpoint(std::size_t endpoint) const {
  return {403, "forbidden_endpoint",
          fmt::format("client {} may not call endpoint {}; it may call {}", access_.name(),
                      config().endpoints[endpoint].name,
                      fmt::join(access_.account()->client().endpoints, ", ")),
          std::nullopt, false};
}

}  // namespace keypool::gateway
