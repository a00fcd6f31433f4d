#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/header.h"

namespace keypool::http {

/// Why a message is not taken: the status a server answers with, and what is wrong with it. The
/// text is ours and constant; nothing of the message stands in it.
struct Refusal {
  int status = 400;
  std::string_view what;
};

/// Bounds on a head.
struct HeadLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t headers = 200;
};

/// How a body ends (RFC 9112 §6.3).
struct Framing {
  enum class Kind {
    none,         ///< there is none
    length,       ///< after `length` bytes
    chunked,      ///< says so itself
    until_close,  ///< with the connection; answers only
  };

  Kind kind = Kind::none;
  std::uint64_t length = 0;
};

/// What requests and answers have in common: bytes that come in pieces until an empty line, then
/// fields. Strict, where laxness lets two readers disagree about one message (RFC 9112 §11.2): no
/// bare LF or CR, no folded lines, no blank before a colon, no second framing.
///
/// Views point into a buffer of the head's own and are valid until the next `read` or `clear`.
class Head {
 public:
  [[nodiscard]] Headers headers() const noexcept { return headers_; }
  [[nodiscard]] const Framing& framing() const noexcept { return framing_; }

  /// `Content-Length`, also where no body follows (an answer to HEAD).
  [[nodiscard]] std::optional<std::uint64_t> declared_length() const noexcept {
    return has_length_ ? std::optional(declared_length_) : std::nullopt;
  }

  /// Whether the sender is ready for another message on this connection, as version and
  /// `Connection` say.
  [[nodiscard]] bool keeps_alive() const noexcept { return keeps_alive_; }

  /// 0 or 1, of HTTP/1.x.
  [[nodiscard]] int minor_version() const noexcept { return minor_version_; }

  /// Whether `Connection` names the header as one for this hop only.
  [[nodiscard]] bool is_connection_option(std::string_view name) const noexcept;

 protected:
  Head() = default;

  /// Looks for the end of a head at the beginning of `bytes`, from where the last call stopped. The
  /// head's length, or 0: not yet.
  [[nodiscard]] std::expected<std::size_t, Refusal> find_end(std::string_view bytes,
                                                             const HeadLimits& limits);
  [[nodiscard]] std::expected<void, Refusal> read_fields(std::string_view lines,
                                                         const HeadLimits& limits);
  [[nodiscard]] std::expected<void, Refusal> note(const Header& header);
  void reset();

  std::string bytes_;
  std::vector<Header> headers_;
  std::vector<std::string_view> connection_options_;
  Framing framing_;
  int minor_version_ = 1;
  bool keeps_alive_ = true;

  bool has_length_ = false;
  std::uint64_t declared_length_ = 0;
  bool has_transfer_encoding_ = false;
  bool chunked_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;

 private:
  std::size_t searched_ = 0;
  std::size_t line_begin_ = 0;
};

/// Bytes of the empty lines before a request, which are read over (RFC 9112 §2.2).
[[nodiscard]] std::size_t empty_lines(std::string_view bytes) noexcept;

/// A client's request line and headers.
class RequestHead : public Head {
 public:
  /// `bytes` are all bytes of the message that have come so far, empty lines before it left out.
  /// Gives the head's length once it is whole, 0 before. After a refusal, or a whole head, call
  /// `clear` before the next message.
  [[nodiscard]] std::expected<std::size_t, Refusal> read(std::string_view bytes,
                                                         const HeadLimits& limits = {});
  void clear();

  [[nodiscard]] std::string_view method() const noexcept { return method_; }
  /// In origin form: begins with `/`, printable ASCII, no fragment.
  [[nodiscard]] std::string_view target() const noexcept { return target_; }
  /// Whether the client waits for `100 Continue` before it sends the body.
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

 private:
  [[nodiscard]] std::expected<void, Refusal> read_line(std::string_view line);
  [[nodiscard]] std::expected<void, Refusal> decide();

  std::string_view method_;
  std::string_view target_;
  bool expects_continue_ = false;
};

/// A server's status line and headers.
class ResponseHead : public Head {
 public:
  /// As RequestHead::read. `request_method` decides about the body (RFC 9112 §6.3, HEAD has none).
  [[nodiscard]] std::expected<std::size_t, Refusal> read(std::string_view bytes,
                                                         std::string_view request_method,
                                                         const HeadLimits& limits = {});
  void clear();

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }
  /// 1xx: not the answer yet.
  [[nodiscard]] bool interim() const noexcept { return status_ < 200; }

 private:
  [[nodiscard]] std::expected<void, Refusal> read_line(std::string_view line);
  [[nodiscard]] std::expected<void, Refusal> decide(std::string_view request_method);

  int status_ = 0;
  std::string_view reason_;
};

}  // namespace keypool::http
