#include "gateway/client.h"

#include <algorithm>
#include <utility>

#include "gateway/memory.h"

namespace keypool::gateway {
namespace {

// How much a client may send ahead of what is being used; more stays in the kernel and slows it.
constexpr std::size_t kReadAhead = 64 * 1024;

}  // namespace

Client::Client(std::shared_ptr<Connection> connection, const config::Limits& limits,
               Deadlines& deadlines, std::span<char> scratch)
    : connection_(std::move(connection)),
      limits_(limits),
      scratch_(scratch),
      deadlines_(deadlines),
      reading_(deadlines, *signal_),
      call_(deadlines, *signal_) {
  connection_->report_to(signal_.get());
}

Client::~Client() {
  connection_->report_to(nullptr);
  connection_->close();
}

bool Client::here() {
  const auto enough = std::max(kReadAhead, limits_.head_bytes);
  while (!left_ && connection_->readable() && input().size() < enough) {
    const auto result = connection_->read(scratch_);
    if (result.io == Io::moved) {
      input_.append(scratch_.data(), result.bytes);
      credit(result.bytes);
    } else if (result.io == Io::end || result.io == Io::broken) {
      left_ = true;
    } else {
      break;
    }
  }
  if (!connection_->open()) left_ = true;
  return !left_;
}

void Client::consume(std::size_t bytes) {
  used_ += bytes;
  if (used_ == input_.size()) {
    input_.clear();
    used_ = 0;
  } else if (used_ > kReadAhead) {
    input_.erase(0, used_);
    used_ = 0;
  }
}

void Client::give_back() {
  if (input().empty()) release(input_);
}

Task<std::expected<bool, http::Refusal>> Client::read_head(http::RequestHead& head) {
  head.clear();
  call_.clear();
  expect_nothing();
  idle_ = true;
  idle_since_ = deadlines_.now();
  connection_->expire_after(limits_.idle_time);
  for (;;) {
    consume(http::empty_lines(input()));
    if (!input().empty()) {
      if (std::exchange(idle_, false)) {
        connection_->never_expire();
        reading_.set(limits_.head_time);
        call_.set(limits_.call_time);
      }
      // Those of now: the wait for the head may have outlasted a reload.
      const auto size =
          head.read(input(), {.bytes = limits_.head_bytes, .headers = limits_.headers});
      if (!size) co_return std::unexpected(size.error());
      if (*size > 0) {
        consume(*size);
        reading_.clear();
        co_return true;
      }
      if (reading_.passed()) {
        co_return std::unexpected(http::Refusal{408, "the head did not come within head_time"});
      }
    } else {
      clear_and_shrink(input_);
    }
    const auto before = input().size();
    if (!here()) co_return false;
    if (input().size() == before) co_await event();
  }
}

// What has come buys time for what follows, but never more than the longest pause.
void Client::credit(std::size_t bytes) {
  if (!body_due_ || reading_.passed()) return;
  const auto longest = deadlines_.now() + limits_.idle_time;
  if (limits_.body_rate == 0) {
    body_due_ = longest;
  } else {
    const std::chrono::nanoseconds bought(1'000'000'000 * bytes / limits_.body_rate);
    body_due_ = std::min(*body_due_ + bought, longest);
  }
  reading_.set(std::chrono::ceil<std::chrono::milliseconds>(*body_due_ - deadlines_.now()));
}

void Client::expect_body() {
  if (body_due_) return;
  body_due_ = deadlines_.now() + limits_.idle_time;
  reading_.set(limits_.idle_time);
}

void Client::expect_nothing() {
  body_due_.reset();
  reading_.clear();
}

Task<bool> Client::drain_outbox() {
  for (;;) {
    const auto io = outbox_.flush(*connection_);
    if (io == Io::moved) co_return true;
    if (io == Io::broken) co_return false;
    co_await event();
  }
}

void Client::cut() {
  cut_ = true;
  left_ = true;
  connection_->close();
  signal_->notify();
}

}  // namespace keypool::gateway
