#include "state/tally.h"

#include <algorithm>
#include <new>
#include <utility>

namespace keypool::state {
namespace {

// How many series the writer copies before it lets the data path in again: some microseconds.
constexpr std::size_t kPiece = 64;

std::size_t mixed(std::size_t hash, std::string_view text) noexcept {
  return hash * 0x9E3779B97F4A7C15 + std::hash<std::string_view>()(text);
}

}  // namespace

std::size_t Tally::Hash::operator()(const Names& names) const noexcept {
  return mixed(mixed(mixed(mixed(0, names.endpoint), names.key), names.model), names.client);
}

std::size_t Tally::Hash::operator()(const Series& series) const noexcept {
  return (*this)(Names{series.endpoint, series.key, series.model, series.client});
}

bool Tally::Equal::operator()(const Names& a, const Series& b) const noexcept {
  return a.key == b.key && a.model == b.model && a.client == b.client && a.endpoint == b.endpoint;
}

Tally::Counts::value_type& Tally::find(const UsageRecord& record) {
  Names names{record.endpoint, record.key, record.model, record.client};
  auto at = counts_.find(names);
  if (at == counts_.end() && counts_.size() >= kMostSeries) {
    names.model = names.client = {};
    at = counts_.find(names);
  }
  if (at == counts_.end()) {
    at = counts_
             .emplace(Series{std::string(names.endpoint), std::string(names.key),
                             std::string(names.model), std::string(names.client)},
                      Count{})
             .first;
    // Room for every series that could wait, so that `add` need not grow it.
    waiting_.reserve(counts_.bucket_count());
  }
  return *at;
}

void Tally::add(const UsageRecord& record) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    auto& entry = find(record);
    entry.second.figures += record.figures;
    if (entry.second.waiting) return;
    waiting_.push_back(&entry);
    entry.second.waiting = true;
  } catch (const std::bad_alloc&) {
  }
}

void Tally::move_into(std::map<Series, Figures>& all) {
  std::vector<std::pair<Series, Figures>> taken;
  for (bool more = true; more;) {
    taken.clear();
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = std::min(kPiece, waiting_.size()); i > 0; --i) {
        auto& [series, count] = *waiting_.back();
        taken.emplace_back(series, std::exchange(count.figures, {}));
        count.waiting = false;
        waiting_.pop_back();
      }
      more = !waiting_.empty();
      if (!more && counts_.size() > kMostSeries / 2) counts_.clear();
    }
    for (auto& [series, figures] : taken) all[std::move(series)] += figures;
  }
}

}  // namespace keypool::state
