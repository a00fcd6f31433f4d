#include "gateway/call_log.h"

#include <algorithm>
#include <iterator>

namespace keypool::gateway {
namespace {

using state::CallQuestion;
using state::CallRecord;
using state::TryRecord;

constexpr std::size_t kName = 128;
constexpr std::size_t kPath = 256;

// How many calls a reader looks at before it lets the data path in again: some microseconds.
constexpr std::size_t kPiece = 16;

// A name is cut between two characters of UTF-8, not within one.
void copy(std::string& to, std::string_view text, std::size_t most) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    text = text.substr(0, most);
  }
  to.assign(text);
}

bool is(const std::optional<std::string>& wanted, std::string_view name) {
  return !wanted || *wanted == name;
}

bool asked_for(const CallRecord& call, const CallQuestion& question) {
  return call.id < question.before && is(question.endpoint, call.endpoint) &&
         is(question.model, call.model) && is(question.client, call.client) &&
         is(question.outcome, call.outcome) &&
         (!question.key ||
          std::ranges::find(call.tries, *question.key, &TryRecord::key) != call.tries.end());
}

}  // namespace

void CallRing::add(const EndedCall& call) {
  if (kept_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (calls_.size() < kept_) calls_.emplace_back();
  CallRecord& place = calls_[added_ % kept_];
  ++added_;
  place.id = last_id_.fetch_add(1, std::memory_order_relaxed) + 1;
  place.at = call.at;
  copy(place.client, call.client, kName);
  copy(place.endpoint, call.endpoint, kName);
  copy(place.model, call.model, kName);
  copy(place.method, call.method, kName);
  copy(place.path, call.path, kPath);
  copy(place.trace_id, call.trace_id, kName);
  place.status = call.status;
  place.outcome = to_string(call.outcome);
  place.waited = call.waited;
  place.first_byte = call.first_byte;
  place.duration = call.duration;
  place.used = call.used;
  place.tries.assign(call.tries.begin(), call.tries.end());
}

void CallRing::read(const CallQuestion& question, std::vector<CallRecord>& into) const {
  std::size_t found = 0;
  std::optional<std::uint64_t> next;  // the one to look at; 0: none
  while (!next || *next > 0) {
    const std::lock_guard lock(mutex_);
    if (!next) next = added_;
    for (std::size_t looked = 0; looked < kPiece; ++looked) {
      const bool there = *next > 0 && *next + kept_ > added_;
      if (!there || found == question.limit) return;
      const CallRecord& call = calls_[--*next % kept_];
      if (call.id <= question.after) return;
      if (!asked_for(call, question)) continue;
      into.push_back(call);
      ++found;
    }
  }
}

CallRing& CallLog::new_ring() {
  const std::lock_guard lock(mutex_);
  return rings_.emplace_back(last_id_, kept_);
}

std::vector<CallRecord> CallLog::read(const CallQuestion& question) const {
  std::vector<CallRecord> all;
  {
    const std::lock_guard lock(mutex_);
    for (const CallRing& ring : rings_) ring.read(question, all);
  }
  std::ranges::sort(all, std::ranges::greater{}, &CallRecord::id);
  if (all.size() > question.limit) all.resize(question.limit);
  return all;
}

}  // namespace keypool::gateway
