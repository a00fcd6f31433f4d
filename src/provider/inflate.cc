#include "provider/inflate.h"

namespace keypool::provider {

namespace {

constexpr int kZlibOrGzip = 15 + 32;
constexpr int kRaw = -15;

// The first byte of gzip, or of zlib with the deflate method (RFC 1950 §2.2); a raw stream that
// starts like this would be a stored block with nonzero padding, which no encoder writes.
bool is_wrapped(char first) noexcept {
  const auto byte = static_cast<unsigned char>(first);
  return byte == 0x1f || (byte & 0x0f) == 8;
}

}  // namespace

Inflater::~Inflater() {
  if (format_ != Format::undecided) inflateEnd(&stream_);
}

void Inflater::take(std::string_view piece) noexcept {
  taken_ = piece;
  if (piece.empty() || broken_ || format_ != Format::undecided) return;
  const bool wrapped = is_wrapped(piece.front());
  if (inflateInit2(&stream_, wrapped ? kZlibOrGzip : kRaw) != Z_OK) {
    broken_ = true;
    return;
  }
  format_ = wrapped ? Format::wrapped : Format::raw;
}

bool Inflater::step() {
  if (broken_ || format_ == Format::undecided) return false;
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(taken_.data()));
  stream_.avail_in = static_cast<uInt>(taken_.size());
  stream_.next_out = reinterpret_cast<Bytef*>(decoded_.data());
  stream_.avail_out = static_cast<uInt>(decoded_.size());
  const int result = inflate(&stream_, Z_NO_FLUSH);
  taken_.remove_prefix(taken_.size() - stream_.avail_in);
  produced_ = decoded_.size() - stream_.avail_out;
  switch (result) {
    case Z_OK:
      break;
    case Z_STREAM_END:
      inflateReset(&stream_);
      break;
    case Z_BUF_ERROR:  // needs more of the body
      return produced_ != 0;
    default:
      broken_ = true;
  }
  return produced_ != 0 || (!broken_ && !taken_.empty());
}

}  // namespace keypool::provider
