#include "admin/pulse.h"

#include <algorithm>
#include <cmath>
#include <ranges>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/calls_answer.h"
#include "admin/headroom.h"
#include "admin/json_answer.h"
#include "admin/key_json.h"
#include "admin/overview.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

/// So many keys are told of in one beat; a reader asks for the others when it shows them.
constexpr std::size_t kKeysABeat = 250;

/// So many calls; a reader sees by the gap in their ids that there were more.
constexpr std::size_t kCallsABeat = 100;

/// A beat's sessions come a little early or late.
constexpr std::chrono::milliseconds kTolerance{100};

bool changed_state(const KeyStats& before, const KeyStats& now) {
  return before.state != now.state || before.reason != now.reason || before.until != now.until;
}

bool changed_figures(const KeyStats& before, const KeyStats& now) {
  return before.total_requests != now.total_requests || before.in_flight != now.in_flight ||
         before.successes != now.successes || before.failures != now.failures ||
         before.rate_limits != now.rate_limits || before.abandoned != now.abandoned ||
         std::round(before.window_load) != std::round(now.window_load);
}

struct Changed {
  std::vector<const KeyStats*> states;
  std::vector<const KeyStats*> figures;  // only in endpoints whose keys are told apart
};

Changed changed_keys(const std::vector<KeyStats>& before, const std::vector<KeyStats>& now) {
  std::unordered_map<std::string_view, const KeyStats*> known;
  known.reserve(before.size());
  for (const KeyStats& key : before) known.emplace(key.name, &key);
  Changed changed;
  for (const KeyStats& key : now) {
    const auto was = known.find(key.name);
    if (was == known.end() || changed_state(*was->second, key)) {
      changed.states.push_back(&key);
    } else if (now.size() <= kKeysToldApart && changed_figures(*was->second, key)) {
      changed.figures.push_back(&key);
    }
  }
  return changed;
}

}  // namespace

const std::string& Pulse::beat() {
  const MonotonicTime now = subject_.clock.now();
  if (last_ && now - last_at_ < kEvery - kTolerance) return text_;
  Snapshot snapshot = take_snapshot(subject_);
  ++number_;
  text_ =
      fmt::format("id: {}\nevent: overview\ndata: {}\n\nid: {}\nevent: keys\ndata: {}\n\n", number_,
                  one_line(overview(snapshot, subject_.config)), number_, changes(snapshot));
  text_ += new_calls();
  last_ = std::move(snapshot);
  last_at_ = now;
  return text_;
}

std::string Pulse::new_calls() {
  const auto calls = subject_.calls({.limit = last_ ? kCallsABeat : 1, .after = last_call_});
  if (calls.empty()) return {};
  last_call_ = calls.front().id;
  std::string text;
  if (!last_) return text;
  for (const state::CallRecord& call : calls | std::views::reverse) {
    text += fmt::format("id: {}\nevent: call\ndata: {}\n\n", number_, one_line(call_json(call)));
  }
  return text;
}

std::string Pulse::changes(const Snapshot& now) const {
  json keys = json::array();
  std::size_t left_out = 0;
  for (std::size_t place = 0; last_ && place < now.endpoints.size(); ++place) {
    const EndpointStats& endpoint = now.endpoints[place];
    // A reload may have put other endpoints before this one.
    const auto before =
        std::ranges::find(last_->endpoints, endpoint.endpoint, &EndpointStats::endpoint);
    static const std::vector<KeyStats> kNone;
    const Changed changed =
        changed_keys(before == last_->endpoints.end() ? kNone : before->keys, endpoint.keys);
    if (changed.states.empty() && changed.figures.empty()) continue;
    const Headroom headroom = headroom_of(subject_.pool.lanes(endpoint.endpoint));
    for (const auto* list : {&changed.states, &changed.figures}) {
      for (const KeyStats* key : *list) {
        if (keys.size() == kKeysABeat) {
          ++left_out;
        } else {
          keys.push_back(key_json(endpoint.endpoint, *key, find(headroom, key->name), now.at));
        }
      }
    }
  }
  return one_line({{"keys", std::move(keys)}, {"left_out", left_out}});
}

}  // namespace keypool::admin
