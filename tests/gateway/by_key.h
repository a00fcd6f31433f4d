#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {

/// A provider that answers by the key that is used, and remembers how often each was.
class ByKey {
 public:
  explicit ByKey(std::map<std::string, std::string> answers,
                 std::string others = json_answer(200, "{}"))
      : answers_(std::move(answers)), others_(std::move(others)) {}

  ScriptedUpstream::Script script() {
    return [this](Wire& wire) {
      while (const auto request = wire.read()) {
        const auto key = request->header("authorization").substr(std::string("Bearer ").size());
        std::string answer;
        {
          const std::lock_guard lock(mutex_);
          ++seen_[key];
          answer = answers_.contains(key) ? answers_.at(key) : others_;
        }
        if (!wire.send(answer)) return;
      }
    };
  }

  int seen(const std::string& key) {
    const std::lock_guard lock(mutex_);
    return seen_[key];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::string others_;
  std::map<std::string, int> seen_;
};

inline const std::string kThrottled =
    json_answer(429, R"({"error":{"code":"rate_limit_exceeded","message":"slow down"}})",
                "Retry-After: 30\r\n");
inline const std::string kBadKey =
    json_answer(401, R"({"error":{"code":"invalid_api_key","message":"no"}})");
inline const std::string kNoCredit =
    json_answer(429, R"({"error":{"code":"insufficient_quota","type":"insufficient_quota"}})");
inline const std::string kOverloaded = json_answer(503, R"({"error":{"message":"overloaded"}})");

/// Larger than what the key's lane may take in a minute (Groq's wording).
inline const std::string kTooLarge = json_answer(
    413,
    R"({"error":{"message":"Request too large for model `m` in organization `org_x` on tokens per )"
    R"(minute (TPM): Limit 6000, Requested 9000","type":"tokens","code":"rate_limit_exceeded"}})");

}  // namespace keypool::gateway::testing
