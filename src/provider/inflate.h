#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <zlib.h>

namespace keypool::provider {

/// Takes a gzip or deflate coding off a body that comes in pieces. `deflate` is zlib's format, or
/// raw as some servers send it. Reads several gzip members in a row as one body.
class Inflater {
 public:
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// Calls `out(std::string_view)` for each run of decoded bytes. False once the body turned out
  /// not to be in this coding; nothing more comes then.
  template <class Out>
  bool feed(std::string_view piece, Out&& out) {
    take(piece);
    while (step()) out(std::string_view(decoded_.data(), produced_));
    return !broken_;
  }

 private:
  enum class Format : std::uint8_t { undecided, wrapped, raw };

  void take(std::string_view piece) noexcept;
  /// Decodes the next run into decoded_; false when there is none in what was taken.
  bool step();

  z_stream stream_{};
  Format format_ = Format::undecided;
  bool broken_ = false;
  std::string_view taken_;
  std::size_t produced_ = 0;
  std::array<char, 8192> decoded_;
};

}  // namespace keypool::provider
