#include "lab/delivery.h"

#include <algorithm>
#include <utility>

#include <keypool/clock.h>

namespace keypool::lab {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

constexpr std::uint64_t kTokensOfLongPieces = 4096;

/// Pieces that are due together are sent together, up to this size.
constexpr std::size_t kWriteBytes = 32 * 1024;

nanoseconds scaled(nanoseconds time, double time_scale) {
  return nanoseconds{static_cast<nanoseconds::rep>(static_cast<double>(time.count()) / time_scale)};
}

nanoseconds interval_of(double tokens_per_second) {
  if (tokens_per_second <= 0) return nanoseconds{0};
  return nanoseconds{static_cast<nanoseconds::rep>(1e9 / tokens_per_second)};
}

}  // namespace

Plan plan_answer(const Question& question, const Pace& pace, double time_scale, Random& random) {
  Plan plan{.tokens = random.between(pace.tokens_from, pace.tokens_to), .seed = random.next()};
  nanoseconds first_token = pace.first_token;
  double tokens_per_second = pace.tokens_per_second;
  if (question.wanted_bytes) {
    plan.tokens = *question.wanted_bytes / AnswerText::kTokenBytes;
    plan.tokens_per_piece = kTokensOfLongPieces;
    tokens_per_second = 0;
  } else if (question.wanted_tokens) {
    plan.tokens = *question.wanted_tokens;
  } else if (question.output_cap && *question.output_cap < plan.tokens) {
    plan.tokens = *question.output_cap;
    plan.capped = true;
  }
  if (question.wanted_first_token) first_token = *question.wanted_first_token;
  if (question.wanted_tokens_per_second) tokens_per_second = *question.wanted_tokens_per_second;
  plan.first_token = scaled(first_token, time_scale);
  plan.each_token = scaled(interval_of(tokens_per_second), time_scale);
  return plan;
}

std::uint64_t Delivery::last_token() const noexcept {
  return strikes(FaultPoint::mid_body) ? plan_.tokens / 2 : plan_.tokens;
}

asio::awaitable<void> Delivery::send_whole(http::Fields headers) {
  const auto pause = plan_.first_token + plan_.each_token * plan_.tokens;
  bool sent = true;
  if (pause > nanoseconds{0}) sent = co_await responder_.wait(pause);

  const AnswerForm::Frame frame = form_.whole();
  headers.push_back({"content-type", "application/json"});
  if (sent && !fault_ && keeps_text()) {
    http::Answer answer{.status = 200, .headers = std::move(headers), .body = frame.before};
    words_.append(answer.body, plan_.tokens);
    answer.body.append(frame.after);
    on_end_(Ending::whole, plan_.tokens);
    co_await body_.send(std::move(answer));
    co_return;
  }
  const std::uint64_t text_bytes = plan_.tokens * AnswerText::kTokenBytes;
  http::AnswerHead head{.status = 200,
                        .headers = std::move(headers),
                        .length = frame.before.size() + text_bytes + frame.after.size()};
  if (sent) sent = co_await body_.begin(std::move(head));
  if (sent && strikes(FaultPoint::after_head)) co_return co_await strike();
  if (sent) sent = co_await body_.write(frame.before);
  if (sent) sent = co_await write_plain(last_token());
  if (sent && strikes(FaultPoint::mid_body)) co_return co_await strike();
  if (!sent) co_return on_end_(Ending::hung_up, produced_);
  co_await finish(frame.after);
}

asio::awaitable<void> Delivery::send_stream(http::Fields headers) {
  headers.push_back({"content-type", std::string(form_.stream_type())});
  headers.push_back({"cache-control", "no-cache"});
  http::AnswerHead head{.status = 200, .headers = std::move(headers)};
  bool sent = co_await body_.begin(std::move(head));
  if (sent && strikes(FaultPoint::after_head)) co_return co_await strike();

  std::string opening;
  form_.append_opening(opening);
  if (sent) sent = co_await body_.write(opening);
  if (sent && plan_.first_token > nanoseconds{0}) {
    sent = co_await responder_.wait(plan_.first_token);
  }
  if (sent) sent = co_await write_deltas(last_token());
  if (sent && strikes(FaultPoint::mid_body)) co_return co_await strike();
  if (!sent) co_return on_end_(Ending::hung_up, produced_);

  std::string closing;
  form_.append_closing(closing, text_);
  co_await finish(closing);
}

asio::awaitable<void> Delivery::finish(std::string_view last_bytes) {
  on_end_(Ending::whole, produced_);
  const bool sent = co_await body_.write(last_bytes);
  if (sent) co_await body_.end();
}

asio::awaitable<bool> Delivery::write_plain(std::uint64_t end) {
  constexpr std::uint64_t kTokens = kWriteBytes / AnswerText::kTokenBytes;
  std::string piece;
  bool sent = true;
  while (sent && produced_ < end) {
    const std::uint64_t tokens = std::min(kTokens, end - produced_);
    piece.clear();
    words_.append(piece, tokens);
    produced_ += tokens;
    sent = co_await body_.write(piece);
  }
  co_return sent;
}

asio::awaitable<bool> Delivery::write_deltas(std::uint64_t end) {
  const Clock& clock = system_clock();
  const MonotonicTime begin = clock.now();
  std::string events;
  std::string piece;
  bool sent = true;
  while (sent && produced_ < end) {
    std::uint64_t due = end;
    if (plan_.each_token > nanoseconds{0}) {
      const auto elapsed = (clock.now() - begin) / plan_.each_token;
      due = std::min<std::uint64_t>(end, static_cast<std::uint64_t>(elapsed) + 1);
    }
    if (due <= produced_) {
      const auto next = begin + plan_.each_token * produced_;
      sent = co_await responder_.wait(next - clock.now());
      continue;
    }
    events.clear();
    while (produced_ < due && events.size() < kWriteBytes) {
      const std::uint64_t tokens = std::min(plan_.tokens_per_piece, due - produced_);
      piece.clear();
      words_.append(piece, tokens);
      produced_ += tokens;
      if (keeps_text()) text_.append(piece);
      form_.append_delta(events, piece);
    }
    sent = co_await body_.write(events);
  }
  co_return sent;
}

/// Only what makes sense once the head is out: the other kinds were done with before.
asio::awaitable<void> Delivery::strike() {
  on_end_(Ending::fault, produced_);
  switch (fault_->kind) {
    case FaultKind::reset:
      responder_.reset();
      break;
    case FaultKind::stall:
      co_await responder_.stall();
      break;
    case FaultKind::error: {
      std::string failure;
      form_.append_failure(failure, fault_->error);
      co_await body_.write(failure);
      co_await body_.end();
      break;
    }
    case FaultKind::cut:
    case FaultKind::answer:
    case FaultKind::garbage:
    case FaultKind::raw:
    case FaultKind::slow:
      break;  // the connection closes in the middle
  }
}

}  // namespace keypool::lab
