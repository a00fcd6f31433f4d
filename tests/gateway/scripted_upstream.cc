#include "tests/gateway/scripted_upstream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keypool::gateway::testing {

ScriptedUpstream::ScriptedUpstream(Script script)
    : ScriptedUpstream(std::vector<Script>{std::move(script)}) {}

ScriptedUpstream::ScriptedUpstream(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listener_, 4096);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedUpstream::~ScriptedUpstream() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

void ScriptedUpstream::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const auto index = static_cast<std::size_t>(connections_++);
    const auto& script = scripts_[std::min(index, scripts_.size() - 1)];
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(descriptor);
    }
    threads_.emplace_back([this, &script, descriptor] {
      Wire wire(descriptor);
      script(wire);
      const std::lock_guard lock(mutex_);
      std::erase(open_, descriptor);
      wire.close();
    });
  }
}

ScriptedUpstream::Script always(std::string answer) {
  return [answer = std::move(answer)](Wire& wire) {
    while (wire.read() && wire.send(answer)) {
    }
  };
}

ScriptedUpstream::Script once(std::string answer) {
  return [answer = std::move(answer)](Wire& wire) {
    if (wire.read()) wire.send(answer);
  };
}

std::string json_answer(int status, std::string_view body, std::string_view headers) {
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " X\r\n";
  answer += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
  answer += "\r\n";
  answer.append(headers).append("\r\n").append(body);
  return answer;
}

void Event::raise() {
  const std::lock_guard lock(mutex_);
  is_raised_ = true;
  raised_.notify_all();
}

bool Event::wait() {
  std::unique_lock lock(mutex_);
  return raised_.wait_for(lock, std::chrono::seconds{10}, [this] { return is_raised_; });
}

void Notes::add(std::string text) {
  const std::lock_guard lock(mutex_);
  texts_.push_back(std::move(text));
}

std::string Notes::last() const {
  const std::lock_guard lock(mutex_);
  return texts_.empty() ? std::string() : texts_.back();
}

std::vector<std::string> Notes::all() const {
  const std::lock_guard lock(mutex_);
  return texts_;
}

}  // namespace keypool::gateway::testing
