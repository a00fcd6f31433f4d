#include "cli/usage_view.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/usage_rows.h"
#include "cli/figures.h"
#include "cli/table.h"

namespace keypool::cli {
namespace {

using state::By;
using state::Figure;
using state::Figures;
using state::UsageRow;

std::string title_of(By by) {
  std::string title(to_string(by));
  std::ranges::transform(title, title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return title;
}

void add_figures(std::vector<Cell>& cells, const Figures& figures) {
  const auto requests = figures.requests();
  const auto limited = figures[Figure::rate_limited];
  const auto failed = figures[Figure::failed];
  cells.push_back({whole_count(requests)});
  cells.push_back({whole_count(limited), limited > 0 ? Tone::warn : Tone::faint});
  cells.push_back({whole_count(failed), failed > 0 ? Tone::bad : Tone::faint});
  cells.push_back({short_count(figures[Figure::input_tokens])});
  cells.push_back({short_count(figures[Figure::cached_tokens]), Tone::faint});
  cells.push_back({short_count(figures[Figure::output_tokens])});
  cells.push_back({usd(figures[Figure::cost_micro_usd])});
}

}  // namespace

std::string usage_table(const std::vector<By>& by, const std::vector<UsageRow>& rows,
                        const Terminal& terminal) {
  std::vector<Table::Column> columns;
  for (const By one : by) columns.push_back({title_of(one), Table::Align::left, one != By::day});
  for (const char* title : {"REQUESTS", "LIMITED", "FAILED", "INPUT", "CACHED", "OUTPUT", "COST"}) {
    columns.push_back({title, Table::Align::right});
  }
  Table table(std::move(columns));
  Figures sum;
  for (const UsageRow& row : rows) {
    std::vector<Cell> cells;
    for (const auto& label : row.labels) {
      cells.push_back(label.empty() ? Cell{"(none)", Tone::faint} : Cell{label});
    }
    add_figures(cells, row.figures);
    table.add(std::move(cells));
    sum += row.figures;
  }
  if (!by.empty()) {
    std::vector<Cell> cells(by.size());
    cells.front() = {"total", Tone::strong};
    add_figures(cells, sum);
    table.add(std::move(cells));
  }
  return table.render(terminal);
}

std::string usage_json(const std::vector<By>& by, const std::vector<UsageRow>& rows) {
  auto all = nlohmann::json::array();
  for (const UsageRow& row : rows) all.push_back(admin::usage_row_json(by, row));
  return admin::one_line({{"usage", std::move(all)}}) + '\n';
}

std::string sparkline(const std::vector<std::uint64_t>& values) {
  constexpr std::array kHeights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto most = values.empty() ? 0 : *std::ranges::max_element(values);
  std::string line;
  for (const auto value : values) {
    const double share = most == 0 ? 0 : static_cast<double>(value) / static_cast<double>(most);
    line += kHeights[static_cast<std::size_t>(share * (kHeights.size() - 1) + 0.5)];
  }
  return line;
}

std::string usd(std::uint64_t micro_usd) {
  const double whole = static_cast<double>(micro_usd) / 1e6;
  return micro_usd > 0 && micro_usd < 10'000 ? fmt::format("${:.4f}", whole)
                                             : fmt::format("${:.2f}", whole);
}

}  // namespace keypool::cli
