#include "tests/cli/console_document.h"

namespace keypool::test {
namespace {

constexpr std::string_view kAnything = "…";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// `pattern` with `…` for anything, over one line; blanks at its end do not count.
bool line_fits(std::string_view pattern, std::string_view line) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  const std::size_t any = pattern.find(kAnything);
  if (any == std::string_view::npos) return pattern == line;
  if (!line.starts_with(pattern.substr(0, any))) return false;
  const std::string_view rest = pattern.substr(any + kAnything.size());
  for (std::size_t at = any; at <= line.size(); ++at) {
    if (line_fits(rest, line.substr(at))) return true;
  }
  return false;
}

bool lines_fit(const std::vector<std::string>& pattern, std::size_t next,
               const std::vector<std::string>& lines, std::size_t at) {
  if (next == pattern.size()) return at == lines.size();
  if (pattern[next] == kAnything) {
    for (std::size_t from = at; from <= lines.size(); ++from) {
      if (lines_fit(pattern, next + 1, lines, from)) return true;
    }
    return false;
  }
  return at < lines.size() && line_fits(pattern[next], lines[at]) &&
         lines_fit(pattern, next + 1, lines, at + 1);
}

}  // namespace

std::vector<ConsoleSection> console_sections(std::string_view markdown) {
  std::vector<ConsoleSection> sections(1);
  enum class In { prose, console, file, other } in = In::prose;
  int number = 0;
  bool continued = false;
  for (const std::string& line : lines_of(markdown)) {
    ++number;
    if (in == In::prose) {
      if (line.starts_with("## ")) {
        sections.push_back({.heading = line.substr(3), .files = {}, .steps = {}});
      } else if (line == "```console") {
        in = In::console;
      } else if (line.starts_with("```")) {
        const std::size_t name = line.find(' ');
        in = name == std::string::npos ? In::other : In::file;
        if (in == In::file) {
          sections.back().files.push_back({.name = line.substr(name + 1), .content = {}});
        }
      }
    } else if (line == "```") {
      in = In::prose;
    } else if (in == In::file) {
      sections.back().files.back().content += line + '\n';
    } else if (in == In::console) {
      auto& steps = sections.back().steps;
      if (continued) {
        steps.back().command += '\n' + line;
      } else if (line.starts_with("$ ")) {
        steps.push_back({.line = number, .command = line.substr(2), .says = {}});
      } else if (!steps.empty()) {
        steps.back().says.push_back(line);
      }
      continued = (continued || line.starts_with("$ ")) && line.ends_with('\\');
    }
  }
  return sections;
}

bool says_so(const std::vector<std::string>& pattern, std::string_view said) {
  return lines_fit(pattern, 0, lines_of(said), 0);
}

}  // namespace keypool::test
