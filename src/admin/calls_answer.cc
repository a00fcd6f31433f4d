#include "admin/calls_answer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/key_json.h"
#include "admin/target.h"
#include "admin/usage_rows.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kOutcomes{"answered", "refused", "broken", "hung_up"};

json try_json(const state::TryRecord& one) {
  return {
      {"key", one.key},       {"started_ms", one.began.count()}, {"ended_ms", one.ended.count()},
      {"status", one.status}, {"verdict", one.verdict},          {"why", one.why}};
}

}  // namespace

std::expected<state::CallQuestion, std::string> read_call_question(std::string_view query) {
  state::CallQuestion question;
  const auto limit = query_number(query, "limit", 1, kMostCalls, question.limit);
  if (!limit) return std::unexpected(limit.error());
  question.limit = *limit;
  const auto before =
      query_number(query, "before", 1, std::numeric_limits<std::size_t>::max(), question.before);
  if (!before) return std::unexpected(before.error());
  question.before = *before;
  question.endpoint = query_value(query, "endpoint");
  question.key = query_value(query, "key");
  question.model = query_value(query, "model");
  question.client = query_value(query, "client");
  question.outcome = query_value(query, "outcome");
  if (question.outcome && std::ranges::find(kOutcomes, *question.outcome) == kOutcomes.end()) {
    return std::unexpected("`outcome` takes one of answered, refused, broken, hung_up");
  }
  return question;
}

json call_json(const state::CallRecord& call) {
  json attempts = json::array();
  for (const state::TryRecord& one : call.tries) attempts.push_back(try_json(one));
  json first_byte = nullptr;
  if (call.first_byte) first_byte = call.first_byte->count();
  return {{"id", call.id},
          {"at", rfc3339(call.at)},
          {"client", call.client},
          {"endpoint", call.endpoint},
          {"model", call.model},
          {"method", call.method},
          {"path", call.path},
          {"trace_id", call.trace_id},
          {"status", call.status},
          {"outcome", call.outcome},
          {"waited_ms", call.waited.count()},
          {"first_byte_ms", std::move(first_byte)},
          {"duration_ms", call.duration.count()},
          {"tokens", tokens_json(call.used)},
          {"cost_usd", cost_usd(call.used)},
          {"attempts", std::move(attempts)}};
}

http::Answer calls_answer(const Subject& subject, std::string_view query) {
  const auto question = read_call_question(query);
  if (!question) return error_answer(400, "bad_request", question.error());
  json calls = json::array();
  for (const state::CallRecord& call : subject.calls(*question)) calls.push_back(call_json(call));
  return json_answer({{"calls", std::move(calls)}});
}

}  // namespace keypool::admin
