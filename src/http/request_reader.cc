#include "http/request_reader.h"

#include "http/body.h"

namespace keypool::http {
namespace {

namespace asio = boost::asio;
using Read = std::expected<bool, Refusal>;

// The client sends no more: because its time is up, or because it has left.
Read nothing_more(const Connection& connection) {
  if (connection.timed_out()) return std::unexpected(Refusal{408, "the request took too long"});
  return false;
}

Refusal too_large() { return {413, "the request body is too large"}; }

asio::awaitable<Read> read_head(Connection& connection, RequestHead& head) {
  const HeadLimits limits{.bytes = connection.options().head_bytes};
  head.clear();
  connection.set_deadline(connection.options().idle_time);
  bool begun = false;
  for (;;) {
    connection.consume(empty_lines(connection.input()));
    if (!connection.input().empty()) {
      if (!begun) connection.set_deadline(connection.options().head_time);
      begun = true;
      const auto size = head.read(connection.input(), limits);
      if (!size) co_return std::unexpected(size.error());
      connection.consume(*size);
      if (*size > 0) co_return true;
    }
    const bool came = co_await connection.read_more();
    if (!came) co_return begun ? nothing_more(connection) : Read(false);
  }
}

asio::awaitable<Read> read_body(Connection& connection, Incoming& incoming) {
  const auto most = connection.options().body_bytes;
  const auto& framing = incoming.head.framing();
  incoming.body.clear();
  if (framing.length > most) co_return std::unexpected(too_large());
  BodyDecoder decoder(framing);
  if (decoder.done()) co_return true;
  connection.set_deadline(connection.options().body_time);
  if (incoming.head.expects_continue() && connection.input().empty()) {
    const bool invited = co_await connection.invite_body();
    if (!invited) co_return false;
    connection.set_deadline(connection.options().body_time);
  }
  for (;;) {
    while (!connection.input().empty() && !decoder.done()) {
      const auto step = decoder.next(connection.input());
      if (!step) co_return std::unexpected(step.error());
      incoming.body.append(step->data);
      connection.consume(step->used);
      if (incoming.body.size() + decoder.announced() > most) co_return std::unexpected(too_large());
    }
    if (decoder.done()) co_return true;
    const bool came = co_await connection.read_more();
    if (!came) co_return nothing_more(connection);
  }
}

}  // namespace

asio::awaitable<Read> read_request(Connection& connection, Incoming& incoming) {
  auto read = co_await read_head(connection, incoming.head);
  if (read && *read) read = co_await read_body(connection, incoming);
  connection.clear_deadline();
  co_return read;
}

}  // namespace keypool::http
