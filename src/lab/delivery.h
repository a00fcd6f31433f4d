#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "http/server.h"
#include "lab/answer_text.h"
#include "lab/body_sender.h"
#include "lab/question.h"
#include "lab/random.h"
#include "lab/scenario.h"
#include "lab/wire.h"

namespace keypool::lab {

/// How long one answer is, and how fast it comes. Durations are on the caller's clock.
struct Plan {
  std::uint64_t tokens = 0;
  bool capped = false;
  std::chrono::nanoseconds first_token{0};
  std::chrono::nanoseconds each_token{0};  ///< 0: all at once
  std::uint64_t tokens_per_piece = 1;
  std::uint64_t seed = 0;
};

/// What the question asks for, else what the model's pace says.
[[nodiscard]] Plan plan_answer(const Question& question, const Pace& pace, double time_scale,
                               Random& random);

/// How an answer ended.
enum class Ending { whole, fault, hung_up };

/// Sends one answer that the provider has agreed to give, until its end or until a fault strikes.
///
/// Lifetime: everything it refers to must outlive it.
class Delivery {
 public:
  /// Told how it ends and how many output tokens were made, just before the last bytes go out: who
  /// has read the answer to its end finds the books closed.
  using OnEnd = std::function<void(Ending ending, std::uint64_t tokens)>;

  /// `fault` may be null, and is otherwise one that strikes after the head.
  Delivery(http::Responder& responder, BodySender& body, AnswerForm& form, const Plan& plan,
           const Fault* fault, OnEnd on_end)
      : responder_(responder),
        body_(body),
        form_(form),
        plan_(plan),
        fault_(fault),
        on_end_(std::move(on_end)),
        words_(plan.seed) {}

  boost::asio::awaitable<void> send_whole(http::Fields headers);
  boost::asio::awaitable<void> send_stream(http::Fields headers);

 private:
  boost::asio::awaitable<void> finish(std::string_view last_bytes);
  boost::asio::awaitable<void> strike();
  boost::asio::awaitable<bool> write_plain(std::uint64_t end);
  boost::asio::awaitable<bool> write_deltas(std::uint64_t end);

  /// Where the text stops: at its end, or in its middle where a fault strikes there.
  [[nodiscard]] std::uint64_t last_token() const noexcept;
  [[nodiscard]] bool strikes(FaultPoint point) const noexcept {
    return fault_ && fault_->at == point;
  }
  /// Long texts are made as they are sent, and not kept.
  [[nodiscard]] bool keeps_text() const noexcept { return plan_.tokens_per_piece == 1; }

  http::Responder& responder_;
  BodySender& body_;
  AnswerForm& form_;
  const Plan& plan_;
  const Fault* fault_;
  OnEnd on_end_;
  AnswerText words_;
  std::string text_;
  std::uint64_t produced_ = 0;
};

}  // namespace keypool::lab
