// What goes to the client at the end of an exchange: the provider's answer, or an error of the
// gateway's own.
#include <algorithm>
#include <array>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/exchange.h"
#include "gateway/memory.h"
#include "gateway/reactor.h"
#include "gateway/relay.h"
#include "gateway/trace_context.h"
#include "provider/error_shape.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kEventStream = "text/event-stream";

// Whether tokens were used for it: reading what is stored, and counting tokens, uses none.
bool is_model_call(std::string_view method, std::string_view rest) {
  const auto path = rest.substr(0, rest.find('?'));
  return method == "POST" && !path.ends_with("/count_tokens") && !path.ends_with(":countTokens") &&
         !path.ends_with("/input_tokens") && !path.ends_with("/cancel");
}

// What a proxy in front of the gateway says of itself.
std::string_view scheme_of(const http::RequestHead& request) {
  const auto told = http::find(request.headers(), "x-forwarded-proto").value_or("");
  return http::same_name(told, "https") ? "https" : "http";
}

}  // namespace

Task<Exchange::After> Exchange::relay() {
  const auto& limits = config().limits;
  const auto& head = answer_.head();
  const bool success = verdict_->kind == provider::VerdictKind::success;
  if (!success) sender_.stop();
  const bool stays = request_.keeps_alive() && body_.consumed() && !reactor_.draining();
  const auto content_type = http::find(head.headers(), "content-type").value_or("");
  const auto encoding = http::find(head.headers(), "content-encoding").value_or("");
  const bool filters = success && asks_for_usage_ && encoding.empty() &&
                       http::same_name(content_type.substr(0, kEventStream.size()), kEventStream);
  const auto framing = frame_for_client(head, request_.minor_version(), stays,
                                        filters ? Bytes::filtered : Bytes::all);
  const Relocation relocation{*endpoint_, scheme_of(request_),
                              http::find(request_.headers(), "host").value_or(""),
                              request_.target()};
  out_.clear();
  write_answer_head(head, request_.minor_version(), framing,
                    {{endpoint_->name, key_name_, tries_}, advice_on_answer(), &relocation}, out_);
  const bool uses_tokens = success && is_model_call(request_.method(), rest_);
  const auto kept = success ? kept_of_answer() : provider::Kept::nothing;
  const auto tap = uses_tokens || kept != provider::Kept::nothing
                       ? provider::make_usage_tap(endpoint_->dialect, content_type, encoding, kept)
                       : nullptr;
  const auto finish = [&](state::Figure end) {
    const auto usage = tap ? tap->finish() : provider::Usage{};
    remember_resources(tap.get());
    return used(end, uses_tokens ? with_own_estimate(usage) : provider::Usage{});
  };

  Relay relay(answer_, upstream_.get(), client_, framing.framing, out_, tap.get(),
              reactor_.scratch());
  if (filters) relay.filter_usage_event();
  for (;;) {
    const auto state = relay.advance();
    if (relay.bytes() > 0) trail_.first_byte_passes(reactor_.site().clock);
    if (state == Relay::State::done) break;
    if (state == Relay::State::client_broken) {
      if (success) lease_.succeed(finish(state::Figure::hung_up));
      co_return hung_up();
    }
    if (state == Relay::State::upstream_broken || client_.overdue()) {
      if (success && client_.overdue()) {
        lease_.succeed(finish(state::Figure::failed));
      } else if (success) {
        lease_.endpoint_failed("the answer broke off", finish(state::Figure::failed));
      }
      upstream_.reset();
      ended(Outcome::broken, head.status());
      // Where the end of the connection is the end of the answer, only a reset tells the
      // difference.
      co_return framing.framing.kind == http::Framing::Kind::until_close ? After::reset
                                                                         : After::close;
    }
    if (client_.outbox().empty()) {
      client_.connection().never_expire();
    } else {
      client_.connection().expire_after(limits.idle_time);
    }
    if (upstream_) {
      const auto sending = sender_.advance(*upstream_, client_, reactor_.scratch());
      if (sending != RequestSender::State::sending && relay.begun()) hold_little();
      if (client_.outbox().empty()) {
        upstream_->expire_after(limits.idle_time);
      } else {
        upstream_->never_expire();
      }
    }
    if (!client_.here()) {
      if (success) lease_.succeed(finish(state::Figure::hung_up));
      co_return hung_up();
    }
    if (state == Relay::State::yielding) {
      co_await asio::post(reactor_.io().get_executor(), kAwait);
    } else if (!sender_.can_go_on(client_)) {
      co_await client_.event();
    }
  }

  if (success) lease_.succeed(finish(state::Figure::succeeded));
  give_back_upstream();
  upstream_.reset();
  clear_and_shrink(out_);
  ended(Outcome::answered, head.status());
  if (framing.keeps_alive && !reactor_.draining()) co_return After::next;
  co_return body_.consumed() ? After::close : After::linger;
}

// A server on this machine is asked once: there is no key to step past.
std::optional<RetryAdvice> Exchange::advice_on_answer() const {
  if (endpoint_->keyless) return std::nullopt;
  return advice_on(
      answer_.head().status(), *verdict_,
      {.once_only = !body_.replayable(), .exhausted = attempts_.exhausted(), .opens = opens_});
}

// A stream may wait long for its next event. What it does not need any more is given back; an
// answer that came whole is not worth the trouble.
void Exchange::hold_little() {
  body_.give_back();
  sender_.give_back();
  client_.give_back();
  answer_.give_back();
  release(out_);
}

Task<Exchange::After> Exchange::refuse_malformed(http::Refusal refusal) {
  refused_ = {refusal.status, refusal.status == 413 ? "request_too_large" : "bad_request",
              std::string(refusal.what)};
  refused_.closes = true;
  co_return co_await refuse();
}

Task<Exchange::After> Exchange::refuse() {
  sender_.stop();
  upstream_.reset();
  const bool stays =
      !refused_.closes && request_.keeps_alive() && body_.consumed() && !reactor_.draining();
  const OwnError error{
      refused_.status,
      provider::error_body(spoken(), refused_.status, refused_.code, refused_.message, rest_),
      {refused_.should_retry, refused_.retry_after}};
  const auto endpoint = endpoint_ != nullptr ? std::string_view(endpoint_->name) : "";
  write_own_error(error, request_.minor_version(), stays, request_.method() == "HEAD",
                  {endpoint, key_name_, tries_}, out_);
  std::array<std::string_view, 1> pieces{out_};
  client_.connection().expire_after(config().limits.idle_time);
  ended(Outcome::refused, refused_.status);
  if (client_.outbox().send(client_.connection(), pieces) == Io::broken) co_return After::close;
  const bool all_sent = co_await client_.drain_outbox();
  if (!all_sent) co_return After::close;
  clear_and_shrink(out_);
  co_return stays ? After::next : After::linger;
}

Task<Exchange::After> Exchange::turn_away() {
  refused_ = {429, "client_limit",
              "this address has as many connections as limits.connections_per_client allows: "
              "close some, or let calls share them",
              std::chrono::seconds{1}, true};
  refused_.closes = true;
  co_return co_await refuse();
}

// The dialect that the client understands, also where its call got no endpoint.
provider::Dialect Exchange::spoken() const {
  if (endpoint_ != nullptr) return endpoint_->dialect;
  const auto& endpoints = config().endpoints;
  if (endpoints.size() == 1) return endpoints.front().dialect;
  const bool has_target = request_.target().starts_with('/');
  const auto named = has_target ? named_endpoint(config(), request_.target()) : std::nullopt;
  return named ? endpoints[*named].dialect : provider::Dialect::openai;
}

Exchange::After Exchange::hung_up() {
  sender_.stop();
  upstream_.reset();
  if (lease_.active()) record(state::Figure::hung_up);
  lease_ = {};
  ended(Outcome::hung_up, 0);
  return After::close;
}

void Exchange::ended(Outcome outcome, int status) {
  const Clock& clock = reactor_.site().clock;
  const auto now = clock.now();
  const auto path = request_.target().substr(0, request_.target().find('?'));
  const auto trace_id = trace_id_of(request_.headers());
  trail_.ends(outcome, status, now);
  const auto took = std::chrono::duration_cast<milliseconds>(now - began_);
  reactor_.calls().add({.at = clock.wall() - took,
                        .client = access_.name(),
                        .endpoint = endpoint_ != nullptr ? std::string_view(endpoint_->name) : "",
                        .model = call_.model,
                        .method = request_.method(),
                        .path = path,
                        .trace_id = trace_id,
                        .status = status,
                        .outcome = outcome,
                        .waited = trail_.waited(),
                        .first_byte = trail_.first_byte(),
                        .duration = took,
                        .used = trail_.used(),
                        .tries = trail_.tries()});
  body_.forget();
  answer_.forget_body();
  in_flight_ = {};
  auto& count = endpoint_ == nullptr ? reactor_.site().counters.astray
                                     : counters().ended[static_cast<std::size_t>(outcome)];
  count.fetch_add(1, std::memory_order_relaxed);
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug(
      "{} {} of client \"{}\": {} {} after {} ms, endpoint \"{}\", key \"{}\", model \"{}\", {} "
      "tries, trace \"{}\"",
      request_.method(), path, access_.name(), to_string(outcome), status, took.count(),
      endpoint_ != nullptr ? std::string_view(endpoint_->name) : "", key_name_, call_.model, tries_,
      trace_id);
}

}  // namespace keypool::gateway
