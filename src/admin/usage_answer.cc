#include "admin/usage_answer.h"

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/usage_query.h"
#include "admin/usage_rows.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

http::Answer unavailable(const state::StoreError& error) {
  return error_answer(503, "usage_unavailable", error.message);
}

http::Answer csv_answer(std::string text) {
  return {.status = 200,
          .headers = {{"content-type", "text/csv; charset=utf-8"},
                      {"content-disposition", "attachment; filename=\"keypool-usage.csv\""}},
          .body = std::move(text)};
}

}  // namespace

http::Answer usage_answer(const Subject& subject, std::string_view query) {
  const auto wanted = read_usage_query(query, subject.clock.wall());
  if (!wanted) return error_answer(400, "bad_request", wanted.error());
  const state::UsageQuestion& question = wanted->question;

  auto rows = subject.usage(question);
  if (!rows) return unavailable(rows.error());
  const bool more = rows->size() > wanted->limit;
  if (more) rows->pop_back();
  if (wanted->format == UsageQuery::Format::csv) return csv_answer(usage_csv(question.by, *rows));

  state::UsageQuestion whole = question;
  whole.by.clear();
  whole.offset = 0;
  const auto total = subject.usage(whole);
  if (!total) return unavailable(total.error());

  json groups = json::array();
  for (const state::By by : wanted->groups) groups.push_back(to_string(by));
  json list = json::array();
  for (const state::UsageRow& row : *rows) list.push_back(usage_row_json(question.by, row));
  return json_answer(
      {{"from", hour_text(*question.from)},
       {"to", hour_text(*question.until)},
       {"by", wanted->period},
       {"groups", std::move(groups)},
       {"rows", std::move(list)},
       {"offset", question.offset},
       {"limit", wanted->limit},
       {"more", more},
       {"total", figures_json(total->empty() ? state::Figures{} : total->front().figures)}});
}

}  // namespace keypool::admin
