#include "lab/body_sender.h"

#include <algorithm>
#include <array>
#include <utility>

#include <zlib.h>

namespace keypool::lab {

namespace asio = boost::asio;

/// A gzip stream whose every piece can be read as soon as it is there.
class BodySender::Gzip {
 public:
  Gzip() {
    constexpr int kGzip = 16;
    ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 8,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() {
    if (ready_) deflateEnd(&stream_);
  }

  std::string add(std::string_view bytes, int flush) {
    std::string out;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    std::array<char, 16 * 1024> buffer;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = buffer.size();
      deflate(&stream_, flush);
      out.append(buffer.data(), buffer.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

BodySender::BodySender(http::Responder& responder, const PieceSizes& sizes, bool gzip,
                       std::uint64_t seed)
    : responder_(responder),
      sizes_(sizes),
      random_(seed),
      gzip_(gzip ? std::make_unique<Gzip>() : nullptr) {}

BodySender::~BodySender() = default;

asio::awaitable<bool> BodySender::send(http::Answer answer) {
  if (plain()) co_return co_await responder_.send(std::move(answer));
  http::AnswerHead head{
      .status = answer.status, .headers = std::move(answer.headers), .length = answer.body.size()};
  bool sent = co_await begin(std::move(head));
  if (sent) sent = co_await write(answer.body);
  if (sent) sent = co_await end();
  co_return sent;
}

asio::awaitable<bool> BodySender::begin(http::AnswerHead head) {
  if (gzip_) {
    head.headers.push_back({"content-encoding", "gzip"});
    head.length.reset();
  }
  co_return co_await responder_.begin(std::move(head));
}

asio::awaitable<bool> BodySender::write(std::string_view bytes) {
  if (bytes.empty()) co_return true;
  if (!gzip_) co_return co_await write_pieces(bytes);
  const std::string compressed = gzip_->add(bytes, Z_SYNC_FLUSH);
  co_return co_await write_pieces(compressed);
}

asio::awaitable<bool> BodySender::end() {
  bool sent = true;
  if (gzip_) {
    const std::string last = gzip_->add({}, Z_FINISH);
    sent = co_await write_pieces(last);
  }
  if (sent) sent = co_await responder_.end();
  co_return sent;
}

asio::awaitable<bool> BodySender::write_pieces(std::string_view bytes) {
  if (sizes_.to == 0) co_return co_await responder_.write(bytes);
  bool sent = true;
  while (sent && !bytes.empty()) {
    const std::size_t size =
        std::min<std::size_t>(random_.between(sizes_.from, sizes_.to), bytes.size());
    sent = co_await responder_.write(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  co_return sent;
}

}  // namespace keypool::lab
