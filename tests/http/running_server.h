#pragma once

#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "http/server.h"

namespace keypool::http {

/// A server on a free loopback port, on a thread of its own, for the length of a test.
class RunningServer {
 public:
  explicit RunningServer(Handler handler, ServerOptions options = {})
      : server_(io_, std::move(handler), system_clock(), std::move(options)),
        port_(server_.listen("127.0.0.1", 0).value()),
        thread_([this] { io_.run(); }) {}
  ~RunningServer() { stop(); }

  /// Returns when every session has ended.
  void stop() {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const Server& server() const { return server_; }

 private:
  boost::asio::io_context io_{1};
  Server server_;
  std::uint16_t port_;
  std::thread thread_;
};

/// A bare connection, to say what no client would.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;  // a server that has refused may have closed already
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }

  /// All that comes until the server closes.
  std::string receive_all() {
    std::string all;
    boost::system::error_code end;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(all), end);
    return all;
  }

  /// What comes until `text` has come, or the server closes.
  std::string receive_until(std::string_view text) {
    std::string all;
    boost::system::error_code ec;
    char byte;
    while (!ec && !all.ends_with(text)) {
      if (socket_.read_some(boost::asio::buffer(&byte, 1), ec) == 1) all.push_back(byte);
    }
    return all;
  }

  void leave() { socket_.close(); }

 private:
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::socket socket_;
};

}  // namespace keypool::http
