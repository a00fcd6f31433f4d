#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace keypool::cli {

/// One cell: its text, and what the text means.
struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

/// Rows under titles, columns aligned. On a screen that is too narrow the columns that may shrink
/// do so, the widest first; in a pipe nothing is ever cut.
class Table {
 public:
  enum class Align { left, right };

  struct Column {
    std::string title;
    Align align = Align::left;
    bool shrinks = false;  ///< text that is still of use when cut short
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell a column. Control characters in the text are replaced.
  void add(std::vector<Cell> row);

  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  /// Whole lines, each with its newline and without trailing blanks, the titles first.
  [[nodiscard]] std::string render(const Terminal& terminal, std::size_t indent = 0) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(const Terminal& terminal, std::size_t indent) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace keypool::cli
