#include "cli/table.h"

#include <algorithm>
#include <numeric>

namespace keypool::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 6;

std::string line_of(const std::vector<Cell>& cells, const std::vector<Table::Column>& columns,
                    const std::vector<std::size_t>& widths, const Terminal& terminal,
                    std::size_t indent) {
  std::string line(indent, ' ');
  std::size_t owed = 0;  // blanks that stand before the next text, if there is one
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string text = fit(cells[i].text, widths[i]);
    const std::size_t blanks = widths[i] - display_width(text);
    const bool right = columns[i].align == Table::Align::right;
    if (!text.empty()) {
      line.append(owed + (right ? blanks : 0), ' ').append(paint(text, cells[i].tone, terminal));
      owed = right ? 0 : blanks;
    } else {
      owed += widths[i];
    }
    owed += kGap;
  }
  return line + '\n';
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  row.resize(columns_.size());
  for (Cell& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(const Terminal& terminal, std::size_t indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
  }
  if (!terminal.interactive) return widths;

  const auto screen = static_cast<std::size_t>(terminal.columns);
  const std::size_t gaps = indent + kGap * (columns_.size() - 1);
  while (std::reduce(widths.begin(), widths.end()) + gaps > screen) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t floor = std::max(kNarrowest, display_width(columns_[i].title));
      if (!columns_[i].shrinks || widths[i] <= floor) continue;
      if (widest == columns_.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string Table::render(const Terminal& terminal, std::size_t indent) const {
  const auto fitted = widths(terminal, indent);
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Tone::faint});
  std::string text = line_of(titles, columns_, fitted, terminal, indent);
  for (const auto& row : rows_) text += line_of(row, columns_, fitted, terminal, indent);
  return text;
}

}  // namespace keypool::cli
