#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keypool::test {

/// A terminal session in a document: a block fenced with ```console.
///
///     $ keypool secrets list          a command; lines that end in \ go on
///     OPENAI_API_KEY                  what it says
///
/// In what it says `…` stands for anything on a line, and a line that is nothing but `…` for any
/// number of lines.
struct ConsoleStep {
  int line = 0;  ///< in the document
  std::string command;
  std::vector<std::string> says;
};

/// A file that the reader is told to write: a block fenced with ```yaml NAME (or another
/// language).
struct ConsoleFile {
  std::string name;
  std::string content;
};

/// What stands under one heading: its files are there before its commands run.
struct ConsoleSection {
  std::string heading;
  std::vector<ConsoleFile> files;
  std::vector<ConsoleStep> steps;
};

/// The sessions of a document, in its order.
[[nodiscard]] std::vector<ConsoleSection> console_sections(std::string_view markdown);

/// Whether `said` is what a step says.
[[nodiscard]] bool says_so(const std::vector<std::string>& pattern, std::string_view said);

}  // namespace keypool::test
