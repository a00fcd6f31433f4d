#include "bench/http/mock_provider.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace keypool::bench {
namespace {

constexpr std::size_t kAnswerBytes = 600;
constexpr std::size_t kRoom = 256 * 1024;

}  // namespace

MockProvider::MockProvider(Socket listener, const std::vector<std::string>& credentials)
    : listener_(std::move(listener)),
      room_(kRoom),
      plain_answer_(plain_answer(kAnswerBytes)),
      refusal_(refusal()) {
  for (const auto& credential : credentials) uses_.emplace("Bearer " + credential, 0);
  poller_.add(listener_.fd(), static_cast<std::uint64_t>(listener_.fd()));
}

void MockProvider::serve() {
  while (true) {
    const auto until = due_.empty() ? std::nullopt : std::optional(due_.top().when);
    for (const Ready& ready : poller_.wait(until)) {
      if (ready.tag == static_cast<std::uint64_t>(listener_.fd())) {
        accept_all();
        continue;
      }
      Connection& connection = *connections_[ready.tag];
      if (ready.writable && !flush(connection)) continue;
      if (ready.readable) receive(connection);
    }
    advance_streams();
  }
}

void MockProvider::accept_all() {
  while (auto caller = listener_.accept()) {
    const auto fd = static_cast<std::size_t>(caller->fd());
    if (fd >= connections_.size()) connections_.resize(fd + 1024);
    connections_[fd] = std::make_unique<Connection>();
    connections_[fd]->socket = std::move(*caller);
    connections_[fd]->serial = ++counts_.connections;
    poller_.add(static_cast<int>(fd), fd);
  }
}

bool MockProvider::receive(Connection& connection) {
  const auto got = connection.socket.receive(room_);
  if (!got) {
    drop(connection);
    return false;
  }
  std::string_view bytes(room_.data(), *got);
  while (true) {
    switch (connection.reader.next(bytes)) {
      case MessageReader::Part::more:
        return flush(connection);
      case MessageReader::Part::head:
        connection.body.clear();
        break;
      case MessageReader::Part::body:
        connection.body += connection.reader.piece();
        break;
      case MessageReader::Part::end:
        if (!answer(connection)) return false;
        break;
      case MessageReader::Part::malformed:
        drop(connection);
        return false;
    }
  }
}

bool MockProvider::answer(Connection& connection) {
  if (connection.stream) {  // a request before the last one's answer: no proxy here does that
    drop(connection);
    return false;
  }
  if (connection.reader.start_line().starts_with("GET ")) {
    connection.unsent += counts_answer();
    return true;
  }
  ++counts_.requests;
  const auto credential = connection.reader.header("authorization").value_or("");
  const auto use = uses_.find(std::string(credential));
  if (use == uses_.end()) {
    ++counts_.refused;
    connection.unsent += refusal_;
    return true;
  }
  ++use->second;
  if (!asks_for_stream(connection.body)) {
    connection.unsent += plain_answer_;
    return true;
  }
  ++counts_.streams;
  const auto shape = shape_from_header(connection.reader.header(kShapeHeader).value_or(""));
  connection.stream = Stream{.shape = shape.value_or(StreamShape{}), .next = now()};
  connection.unsent += stream_head();
  advance(connection);
  return true;
}

void MockProvider::advance_streams() {
  const Moment moment = now();
  while (!due_.empty() && due_.top().when <= moment) {
    const Due due = due_.top();
    due_.pop();
    auto& connection = connections_[static_cast<std::size_t>(due.fd)];
    if (!connection || connection->serial != due.serial || !connection->stream) continue;
    advance(*connection);
    flush(*connection);
  }
}

void MockProvider::advance(Connection& connection) {
  Stream& stream = *connection.stream;
  const Moment moment = now();
  for (; stream.sent < stream.shape.events && stream.next <= moment; ++stream.sent) {
    append_event(connection.unsent, stream.shape, moment);
    stream.next += std::chrono::milliseconds(stream.shape.every_ms);
    ++counts_.events;
  }
  if (stream.sent < stream.shape.events) {
    due_.push({stream.next, connection.socket.fd(), connection.serial});
    return;
  }
  append_stream_end(connection.unsent, stream.shape);
  connection.stream.reset();
}

bool MockProvider::flush(Connection& connection) {
  while (!connection.unsent.empty()) {
    const auto sent = connection.socket.send(connection.unsent);
    if (!sent) {
      drop(connection);
      return false;
    }
    connection.unsent.erase(0, *sent);
    if (*sent == 0) break;
  }
  if (const bool blocked = !connection.unsent.empty(); blocked != connection.waits_for_room) {
    connection.waits_for_room = blocked;
    const int fd = connection.socket.fd();
    poller_.watch_writable(fd, static_cast<std::uint64_t>(fd), blocked);
  }
  return true;
}

void MockProvider::drop(Connection& connection) {
  if (connection.stream) ++counts_.cut_off;
  connections_[static_cast<std::size_t>(connection.socket.fd())].reset();
}

std::string MockProvider::counts_answer() const {
  const auto used = std::ranges::count_if(uses_, [](const auto& use) { return use.second > 0; });
  const std::string body = nlohmann::json{
      {"connections", counts_.connections},
      {"requests", counts_.requests},
      {"refused", counts_.refused},
      {"streams", counts_.streams},
      {"events", counts_.events},
      {"cut_off", counts_.cut_off},
      {"credentials_used",
       used}}.dump();
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace keypool::bench
