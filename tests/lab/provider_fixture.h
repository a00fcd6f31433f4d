#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <keypool/clock.h>

#include "http/client.h"
#include "lab/provider.h"

namespace keypool::lab {

/// Stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  MonotonicTime now() const noexcept override { return MonotonicTime{} + passed_.load(); }
  WallTime wall() const noexcept override {
    return WallTime{std::chrono::milliseconds(1'790'000'000'000)} +
           std::chrono::duration_cast<std::chrono::milliseconds>(passed_.load());
  }
  void advance(std::chrono::nanoseconds time) { passed_ = passed_.load() + time; }

 private:
  std::atomic<std::chrono::nanoseconds> passed_{std::chrono::hours(1)};
};

/// A provider on a free port, and callers of it.
class RunningProvider {
 public:
  explicit RunningProvider(Scenario scenario = {}) : provider_(std::move(scenario), clock) {
    const auto started = provider_.start();
    EXPECT_TRUE(started) << started.error();
  }

  [[nodiscard]] std::expected<http::Answer, http::FetchError> try_call(http::Fetch fetch) const {
    fetch.port = provider_.port();
    return http::fetch(std::move(fetch));
  }

  /// A call that must be answered, whatever the answer.
  [[nodiscard]] http::Answer call(http::Fetch fetch) const {
    auto answer = try_call(std::move(fetch));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(http::Answer{.status = 0});
  }

  [[nodiscard]] Observed observed() const { return provider_.observed(); }
  [[nodiscard]] ObservedKey observed_key(std::size_t number = 0) const {
    return provider_.observed().keys.at(number);
  }
  [[nodiscard]] std::uint16_t port() const { return provider_.port(); }

  FakeClock clock;

 private:
  Provider provider_;
};

inline http::Fetch post(std::string target, std::string body, http::Fields headers = {}) {
  return {.method = "POST",
          .target = std::move(target),
          .headers = std::move(headers),
          .body = std::move(body)};
}

inline http::Fetch get(std::string target, http::Fields headers = {}) {
  return {.target = std::move(target), .headers = std::move(headers)};
}

/// A chat of 2 input tokens.
inline http::Fetch chat(std::string_view key = "sk-demo-a", std::string_view more = "",
                        http::Fields headers = {}) {
  headers.push_back({"authorization", "Bearer " + std::string(key)});
  return post("/v1/chat/completions",
              R"({"model":"gpt-x","messages":[{"role":"user","content":"12345678"}])" +
                  std::string(more) + "}",
              std::move(headers));
}

inline Scenario with_keys(std::vector<Key> keys) {
  Scenario scenario;
  scenario.keys = std::move(keys);
  scenario.pace = {.tokens_from = 8, .tokens_to = 8};
  return scenario;
}

/// One key without limits.
inline Scenario one_key() { return with_keys({{.name = "a", .secret = "sk-demo-a"}}); }

inline nlohmann::json json_of(const http::Answer& answer) {
  return nlohmann::json::parse(answer.body, nullptr, false);
}

/// One server-sent event.
struct Event {
  std::string name;
  std::string data;
};

/// The events of a stream whose lines end with `line_end`.
inline std::vector<Event> events_of(std::string_view stream, std::string_view line_end = "\n") {
  std::vector<Event> events;
  const std::string gap = std::string(line_end) + std::string(line_end);
  for (auto end = stream.find(gap); end != stream.npos; end = stream.find(gap)) {
    Event event;
    std::string_view block = stream.substr(0, end);
    stream.remove_prefix(end + gap.size());
    if (block.starts_with("event: ")) {
      event.name = block.substr(7, block.find(line_end) - 7);
      block.remove_prefix(block.find(line_end) + line_end.size());
    }
    EXPECT_TRUE(block.starts_with("data: ")) << block;
    event.data = block.substr(std::min<std::size_t>(6, block.size()));
    events.push_back(std::move(event));
  }
  EXPECT_EQ(stream, "") << "bytes after the last event";
  return events;
}

inline nlohmann::json data_of(const Event& event) {
  return nlohmann::json::parse(event.data, nullptr, false);
}

}  // namespace keypool::lab
