#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "http/answer.h"
#include "lab/question.h"
#include "lab/quota.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// What an answer is about, beside its text.
struct Reply {
  std::string id;  ///< unique within the run; hexadecimal
  std::string model;
  WallTime created;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  bool capped = false;  ///< it would have gone on but for the request's cap
  std::uint64_t cached_tokens = 0;    ///< of input_tokens
  std::uint64_t thinking_tokens = 0;  ///< of output_tokens
};

/// Who asks, and what the provider may tell about it.
struct Asker {
  std::string organization;
  std::string model;
  std::string request_id;
  std::string masked_key;  ///< what an error may show of a credential
  LimitHeaders limit_headers = LimitHeaders::native;
  bool in_array = false;  ///< Gemini: what answers a stream without events stands in an array
  WallTime wall;          ///< the provider's own
  WorldTime now{0};
};

/// How one kind of answer is written, whole or as a stream: the text goes in between.
///
/// Lifetime: the question and the reply it was made for must outlive it.
class AnswerForm {
 public:
  struct Frame {
    std::string before;
    std::string after;
  };

  virtual ~AnswerForm() = default;

  [[nodiscard]] virtual Frame whole() const = 0;

  [[nodiscard]] virtual std::string_view stream_type() const = 0;  ///< its content-type
  /// All before the first text.
  virtual void append_opening(std::string& out) = 0;
  virtual void append_delta(std::string& out, std::string_view text) = 0;
  /// All after the last; `text` is the whole text, or empty where it was too long to keep.
  virtual void append_closing(std::string& out, std::string_view text) = 0;
  /// What an error within the stream looks like; nothing comes after it.
  virtual void append_failure(std::string& out, ErrorKind kind) = 0;
};

/// How one provider family words what it says.
class Wire {
 public:
  virtual ~Wire() = default;

  /// For chat, completion, response, message and generate.
  [[nodiscard]] virtual std::unique_ptr<AnswerForm> form(const Question& question,
                                                         const Reply& reply) const = 0;
  /// For embedding and count_tokens.
  [[nodiscard]] virtual std::string body(const Question& question, const Reply& reply) const = 0;
  [[nodiscard]] virtual std::string model_list(const std::vector<std::string>& names) const = 0;
  [[nodiscard]] virtual std::string model(std::string_view name) const = 0;

  /// `message` instead of the provider's usual words, where it is given.
  [[nodiscard]] virtual http::Answer error(ErrorKind kind, const Asker& asker,
                                           std::string_view message = {}) const = 0;
  [[nodiscard]] virtual http::Answer refusal(const Refusal& refusal, const Asker& asker) const = 0;

  /// What every answer carries; `quota` may be null.
  virtual void append_headers(http::Fields& headers, const Asker& asker,
                              const Quota* quota) const = 0;
};

[[nodiscard]] const Wire& openai_wire() noexcept;
[[nodiscard]] const Wire& anthropic_wire() noexcept;
[[nodiscard]] const Wire& gemini_wire() noexcept;
[[nodiscard]] const Wire& wire_of(Family family) noexcept;

}  // namespace keypool::lab
