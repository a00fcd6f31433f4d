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
               std::span<char> scratch)
    : connection_(std::move(connection)), limits_(limits), scratch_(scratch) {
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
  const http::HeadLimits bounds{.bytes = limits_.head_bytes};
  head.clear();
  idle_ = true;
  connection_->expire_after(limits_.idle_time);
  for (;;) {
    consume(http::empty_lines(input()));
    if (!input().empty()) {
      if (std::exchange(idle_, false)) connection_->expire_after(limits_.head_time);
      const auto size = head.read(input(), bounds);
      if (!size) co_return std::unexpected(size.error());
      if (*size > 0) {
        consume(*size);
        connection_->never_expire();
        co_return true;
      }
    } else {
      clear_and_shrink(input_);
    }
    const auto before = input().size();
    if (!here()) co_return false;
    if (input().size() == before) co_await event();
  }
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
