#include "state/usage.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keypool::state {
namespace {

std::string_view column(By by) {
  switch (by) {
    case By::hour:
      return "strftime('%Y-%m-%dT%H:00Z', hour * 3600, 'unixepoch')";
    case By::day:
      return "strftime('%Y-%m-%d', hour * 3600, 'unixepoch')";
    case By::month:
      return "strftime('%Y-%m', hour * 3600, 'unixepoch')";
    case By::endpoint:
      return "endpoint";
    case By::key:
      return "endpoint || '/' || key";
    case By::model:
      return "model";
    case By::client:
      return "client";
  }
  return "''";
}

std::string sql_for(const UsageQuestion& question) {
  std::vector<std::string> chosen;
  std::vector<std::string> places;
  for (const By by : question.by) {
    chosen.emplace_back(column(by));
    places.push_back(std::to_string(chosen.size()));
  }
  for (std::size_t at = 0; at < kFigures; ++at) {
    chosen.push_back(fmt::format("sum({})", to_string(static_cast<Figure>(at))));
  }
  const auto order = places.empty()
                         ? "HAVING count(*) > 0"
                         : fmt::format("GROUP BY {0} ORDER BY {0}", fmt::join(places, ", "));
  return fmt::format(
      "SELECT {} FROM ledger JOIN series ON series.id = ledger.series WHERE "
      "(?1 OR hour >= ?2) AND (?3 OR hour < ?4) AND (?5 OR endpoint = ?6) AND (?7 OR key = ?8) AND "
      "(?9 OR model = ?10) AND (?11 OR client = ?12) {} LIMIT {} OFFSET {}",
      fmt::join(chosen, ", "), order,
      question.most ? static_cast<std::int64_t>(*question.most) : std::int64_t{-1},
      question.offset);
}

void bind(Statement& statement, const UsageQuestion& question) {
  const auto no = [](const auto& part) { return part ? 0 : 1; };
  const auto hour = [](const std::optional<Hour>& part) {
    return static_cast<std::int64_t>(part.value_or(Hour{}));
  };
  const auto name = [](const std::optional<std::string>& part) {
    return part ? std::string_view(*part) : std::string_view();
  };
  statement.bind(no(question.from), hour(question.from), no(question.until), hour(question.until),
                 no(question.endpoint), name(question.endpoint), no(question.key),
                 name(question.key), no(question.model), name(question.model), no(question.client),
                 name(question.client));
}

}  // namespace

std::string_view to_string(By by) noexcept {
  switch (by) {
    case By::hour:
      return "hour";
    case By::day:
      return "day";
    case By::month:
      return "month";
    case By::endpoint:
      return "endpoint";
    case By::key:
      return "key";
    case By::model:
      return "model";
    case By::client:
      return "client";
  }
  return "unknown";
}

std::expected<std::vector<UsageRow>, StoreError> usage(Store& store,
                                                       const UsageQuestion& question) {
  std::vector<UsageRow> rows;
  auto read = store.read([&](Database& database) -> Done {
    rows.clear();
    auto statement = database.prepare(sql_for(question));
    if (!statement) return std::unexpected(statement.error());
    bind(*statement, question);
    for (;;) {
      const auto more = statement->step();
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
      UsageRow& row = rows.emplace_back();
      int at = 0;
      for (; at < static_cast<int>(question.by.size()); ++at) {
        row.labels.push_back(statement->text(at));
      }
      for (auto& figure : row.figures.of) figure = statement->count(at++);
    }
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace keypool::state
