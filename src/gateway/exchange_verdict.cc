// What an answer means for the key that was used, and for what comes next.
#include <optional>

#include "gateway/alarm.h"
#include "gateway/exchange.h"
#include "gateway/reactor.h"
#include "provider/limit_headers.h"
#include "provider/media_type.h"
#include "provider/stream_preamble.h"

namespace keypool::gateway {
namespace {

using std::chrono::milliseconds;

// An error's body is waited for this long; then it is judged by what has come.
constexpr milliseconds kErrorBodyTime{5'000};

// How the ledger counts a try that ended with its verdict.
std::optional<state::Figure> figure_of(provider::VerdictKind kind) noexcept {
  switch (kind) {
    case provider::VerdictKind::success:
      return std::nullopt;
    case provider::VerdictKind::throttled:
    case provider::VerdictKind::depleted:
      return state::Figure::rate_limited;
    case provider::VerdictKind::bad_key:
    case provider::VerdictKind::no_model_access:
    case provider::VerdictKind::request_fault:
      return state::Figure::refused;
    case provider::VerdictKind::overloaded:
    case provider::VerdictKind::server_error:
      return state::Figure::failed;
  }
  return std::nullopt;
}

}  // namespace

// By the answer's head, and as far as needed by the beginning of its body.
Task<void> Exchange::judge() {
  const provider::AnswerHead answer{answer_.head().status(), answer_.head().headers(),
                                    endpoint_->base_url.host};
  if (provider::needs_body(answer)) co_await read_error_body();
  verdict_ =
      provider::judge(endpoint_->dialect, answer, answer_.ahead(), reactor_.site().clock.wall());
  if (verdict_->kind == provider::VerdictKind::success) {
    if (call_.stream) {
      co_await hold_preamble();
    } else if (may_tell_error()) {
      co_await look_for_error();
    }
  }
  note_limits();
}

// Whether an answer that calls itself a success may be an error after all, and the call be tried
// again: what a model has said, and not longer than errors are.
bool Exchange::may_tell_error() const {
  const auto& head = answer_.head();
  if (repeat_ != provider::Repeat::once || head.status() != 200 || !body_.replayable())
    return false;
  if (head.declared_length().value_or(0) > provider::kJudgedBodyBytes) return false;
  const auto type = http::find(head.headers(), "content-type").value_or("");
  return provider::is_json(provider::media_type(type));
}

Task<void> Exchange::look_for_error() {
  std::optional<Alarm> late;
  while (!answer_.read_ahead(*upstream_, reactor_.scratch().bytes, provider::kJudgedBodyBytes)) {
    if (!late) late.emplace(reactor_.io(), client_.signal(), kErrorBodyTime);
    if (late->rang() || !client_.here()) co_return;
    co_await client_.event();
  }
  if (!answer_.decoder().done()) co_return;
  auto told = provider::judge_whole(
      endpoint_->dialect,
      {answer_.head().status(), answer_.head().headers(), endpoint_->base_url.host},
      answer_.ahead(), reactor_.site().clock.wall());
  if (told) verdict_ = std::move(*told);
}

// A stream may fail while it has only announced itself. What has come so far is held back, so that
// another key's stream can take its place unseen.
Task<void> Exchange::hold_preamble() {
  using provider::StreamStart;
  const auto headers = answer_.head().headers();
  if (!body_.replayable() || !http::find(headers, "content-encoding").value_or("").empty()) {
    co_return;
  }
  const auto& clock = reactor_.site().clock;
  provider::StreamPreamble start(endpoint_->dialect,
                                 http::find(headers, "content-type").value_or(""),
                                 endpoint_->base_url.host);
  std::optional<Alarm> late;
  std::size_t seen = 0;
  for (;;) {
    const bool last =
        answer_.read_ahead(*upstream_, reactor_.scratch().bytes, provider::kPreambleBytes);
    const auto piece = answer_.ahead().substr(seen);
    seen += piece.size();
    auto amounts_to = start.feed(piece, clock.wall());
    if (last && amounts_to == StreamStart::preamble) amounts_to = start.finish(clock.wall());
    switch (amounts_to) {
      case StreamStart::content:
        co_return;
      case StreamStart::refused:
        verdict_ = start.refusal();
        co_return;
      case StreamStart::preamble:
        break;
    }
    if (last) {
      const bool broken = !answer_.decoder().done() && seen < provider::kPreambleBytes;
      if (broken && repeat_ != provider::Repeat::never) {
        verdict_.emplace();
        verdict_->kind = provider::VerdictKind::server_error;
        verdict_->reason = "the stream broke off before its content";
      }
      co_return;
    }
    if (!late) late.emplace(reactor_.io(), client_.signal(), provider::kPreambleTime);
    if (late->rang() || !client_.here()) co_return;
    co_await client_.event();
  }
}

Task<void> Exchange::read_error_body() {
  upstream_->expire_after(kErrorBodyTime);
  while (!answer_.read_ahead(*upstream_, reactor_.scratch().bytes, provider::kJudgedBodyBytes)) {
    if (!client_.here()) co_return;
    co_await client_.event();
  }
  upstream_->expire_after(config().limits.idle_time);
}

// What the answer tells about the lane and the account, whatever it means.
void Exchange::note_limits() {
  if (!lease_.active()) return;
  const auto told = provider::read_limit_headers(endpoint_->dialect, answer_.head().headers());
  lease_.observe(told.notices());
  lease_.belongs_to(told.account.empty() ? std::string_view(verdict_->account) : told.account);
}

void Exchange::rest_lane(const provider::Verdict& throttled) {
  switch (throttled.asked) {
    case provider::LaneAsked::nothing:
      return lease_.rate_limited(throttled.retry_after, throttled.limit);
    case provider::LaneAsked::slower:
      return lease_.told_to_slow_down(throttled.retry_after);
    case provider::LaneAsked::fewer_at_once:
      return lease_.too_many_at_once(throttled.retry_after);
  }
}

// A success is settled when its usage is known.
Fault Exchange::settle(const provider::Verdict& verdict) {
  if (const auto figure = figure_of(verdict.kind)) {
    record(*figure);
    trail_.try_ends(end_of(verdict.kind), answer_.head().status(), verdict.reason,
                    reactor_.site().clock.now());
  }
  switch (verdict.kind) {
    case provider::VerdictKind::success:
      break;
    case provider::VerdictKind::throttled:
      rest_lane(verdict);
      break;
    case provider::VerdictKind::depleted:
      lease_.group_depleted(verdict.reason, verdict.retry_after);
      break;
    case provider::VerdictKind::bad_key:
      if (verdict.operator_only) {
        lease_.key_leaked(verdict.reason);
      } else if (lease_.key_refused(verdict.reason) == Blame::endpoint) {
        return Fault::request;
      }
      break;
    case provider::VerdictKind::no_model_access:
      lease_.model_refused(verdict.reason);
      break;
    case provider::VerdictKind::overloaded:
    case provider::VerdictKind::server_error:
      lease_.endpoint_failed(verdict.reason);
      break;
    case provider::VerdictKind::request_fault:
      if (may_be_elsewhere()) note_strangers();
      lease_.release();
      break;
  }
  return fault_of(verdict);
}

}  // namespace keypool::gateway
