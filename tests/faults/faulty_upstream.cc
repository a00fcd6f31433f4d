#include "tests/faults/faulty_upstream.h"

#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keypool::faults {
namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kFirstHalf = "5\r\nhello\r\n";
constexpr std::string_view kSecondHalf = "5\r\nworld\r\n0\r\n\r\n";
constexpr std::size_t kInHead = 30;  // bytes of the head before the fault

// What has been sent when a stage is reached, and what would still have come.
std::string sent_before(Stage stage) {
  switch (stage) {
    case Stage::on_connect:
    case Stage::before_head:
      return {};
    case Stage::in_head:
      return std::string(kHead.substr(0, kInHead));
    case Stage::in_body:
      return std::string(kHead).append(kFirstHalf);
    case Stage::between:
      return std::string(kHead).append(kFirstHalf).append(kSecondHalf);
  }
  return {};
}

std::string sent_behind(Stage stage) {
  return sent_before(Stage::between).substr(sent_before(stage).size());
}

// What is sent again and again where there is no end.
std::string endless_part(Stage stage) {
  switch (stage) {
    case Stage::on_connect:
    case Stage::before_head:
      return "HTTP/1.1 102 Processing\r\n\r\n";
    case Stage::in_head:
      return "x-endless: x\r\n";
    case Stage::in_body:
      return "5;extension";
    case Stage::between:
      return sent_before(Stage::between);
  }
  return {};
}

}  // namespace

const char* name_of(Stage stage) {
  constexpr const char* kNames[] = {"OnConnect", "BeforeHead", "InHead", "InBody", "Between"};
  return kNames[static_cast<int>(stage)];
}

const char* name_of(Fault fault) {
  constexpr const char* kNames[] = {"None",  "Reset",   "Close",   "HalfClose",
                                    "Stall", "Garbage", "Endless", "Slow"};
  return kNames[static_cast<int>(fault)];
}

FaultyUpstream::FaultyUpstream(Plan plan) : plan_(plan) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(plan_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the upstream under test cannot have its port");
  }
  ::listen(listener_, 4096);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FaultyUpstream::~FaultyUpstream() {
  stops_ = true;
  ::eventfd_write(wake_, 1);
  thread_.join();
  for (const auto& [descriptor, peer] : peers_) ::close(descriptor);
  ::close(listener_);
  ::close(wake_);
}

void FaultyUpstream::run() {
  while (!stops_) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    for (const auto& [descriptor, peer] : peers_) {
      short events = peer.reads_no_more ? 0 : POLLIN;
      if (!peer.output.empty() || peer.endlessly) events |= POLLOUT;
      watched.push_back({descriptor, events, 0});
    }
    ::poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0) accept_all();
    for (std::size_t i = 2; i < watched.size(); ++i) {
      const int descriptor = watched[i].fd;
      auto& peer = peers_.at(descriptor);
      if ((watched[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read(descriptor, peer);
      if (peers_.contains(descriptor) && (watched[i].revents & POLLOUT) != 0) {
        write(descriptor, peer);
      }
    }
    if (!fired_ && waiting_ >= plan_.together) fired_ = true;
    if (!fired_) continue;
    std::vector<int> ready;
    for (const auto& [descriptor, peer] : peers_) {
      if (peer.at_stage && !peer.done_wrong && peer.output.empty()) ready.push_back(descriptor);
    }
    for (const int descriptor : ready) do_wrong(descriptor, peers_.at(descriptor));
  }
}

void FaultyUpstream::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    ++open_;
    auto& peer = peers_[descriptor];
    if (plan_.stage == Stage::on_connect) bring_to_stage(peer);
  }
}

void FaultyUpstream::read(int descriptor, Peer& peer) {
  char bytes[65536];
  const auto size = ::recv(descriptor, bytes, sizeof bytes, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    --open_;
    peers_.erase(descriptor);
    ::close(descriptor);
    return;
  }
  peer.input.append(bytes, static_cast<std::size_t>(size));
  take_requests(peer);
  write(descriptor, peer);
}

// Requests have a length, as those of the tests do.
void FaultyUpstream::take_requests(Peer& peer) {
  for (;;) {
    const auto end = peer.input.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const auto length = peer.input.find("content-length: ");
    const std::size_t body =
        length < end ? std::stoul(peer.input.substr(length + 16)) : std::size_t{0};
    if (peer.input.size() < end + 4 + body) return;
    peer.input.erase(0, end + 4 + body);
    ++requests_;
    bring_to_stage(peer);
  }
}

void FaultyUpstream::bring_to_stage(Peer& peer) {
  if (!peer.at_stage) {
    peer.at_stage = true;
    peer.output += sent_before(plan_.stage);
  } else if (plan_.stage == Stage::between || goes_on()) {
    peer.output += sent_before(Stage::between);  // it has had its turn, or was kept for the next
  }
  ++waiting_;
}

bool FaultyUpstream::goes_on() const {
  return plan_.fault == Fault::none || plan_.fault == Fault::slow;
}

void FaultyUpstream::do_wrong(int descriptor, Peer& peer) {
  peer.done_wrong = true;
  switch (plan_.fault) {
    case Fault::none:
      peer.output += sent_behind(plan_.stage);
      break;
    case Fault::reset: {
      const linger at_once{1, 0};
      ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      [[fallthrough]];
    }
    case Fault::close:
      --open_;
      peers_.erase(descriptor);
      ::close(descriptor);
      return;
    case Fault::half_close:
      ::shutdown(descriptor, SHUT_WR);
      break;
    case Fault::stall:
      break;
    case Fault::garbage:
      peer.output += std::string("\x01\xff garbage \x00", 12);
      break;
    case Fault::endless:
      peer.endlessly = true;
      break;
    case Fault::slow:
      peer.slowly = true;
      peer.output += sent_behind(plan_.stage);
      break;
  }
  write(descriptor, peer);
}

void FaultyUpstream::write(int descriptor, Peer& peer) {
  constexpr std::size_t kEnough = 16 * 1024;
  while (peer.endlessly && peer.output.size() < kEnough) peer.output += endless_part(plan_.stage);
  if (peer.output.empty()) return;
  const auto most = peer.slowly ? std::size_t{1} : peer.output.size();
  const auto size = ::send(descriptor, peer.output.data(), most, MSG_NOSIGNAL);
  if (size > 0) {
    peer.output.erase(0, static_cast<std::size_t>(size));
  } else if (size < 0 && errno != EAGAIN && errno != EINTR) {
    peer.output.clear();
    peer.endlessly = false;  // its end is found out by reading
  }
}

}  // namespace keypool::faults
