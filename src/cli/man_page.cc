#include "cli/man_page.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command_tree.h"

namespace keypool::cli {
namespace {

/// Text that roff takes for nothing but text.
std::string plain(std::string_view text) {
  std::string safe;
  for (const char character : text) {
    if (character == '\\') {
      safe += "\\e";
    } else if (character == '-') {
      safe += "\\-";
    } else {
      safe += character;
    }
  }
  return safe;
}

/// The same as lines of their own, none of which is a request.
std::string lines(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with('.') || line.starts_with('\'')) safe += "\\&";
    safe += plain(line) + '\n';
    at = end + 1;
  }
  return safe;
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  while (text.ends_with('.')) text.pop_back();
  return text;
}

bool many(const CLI::Option* option) { return option->get_items_expected_max() > 1; }

/// What an option takes, without what it is checked against.
std::string value_name(const CLI::Option* option) {
  const std::string type = option->get_type_name();
  const std::size_t brace = type.find(":{");
  if (brace != std::string::npos) return type.substr(brace + 1);
  for (const char* check : {":INT in", ":FLOAT in", ":UINT in"}) {
    const std::size_t at = type.find(check);
    if (at != std::string::npos) return type.substr(0, at);
  }
  return type;
}

std::string synopsis(const CLI::App& command) {
  std::string text = fmt::format(".B {}\n", plain(full_name(command)));
  if (!shown_commands(command).empty()) return text + ".I COMMAND\n[\\fIOPTION\\fR]...\n";
  text += "[\\fIOPTION\\fR]...\n";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name =
        fmt::format("\\fI{}\\fR{}", plain(option->get_name(true)), many(option) ? "..." : "");
    text += option->get_required() ? name + '\n' : "[" + name + "]\n";
  }
  return text;
}

std::string options_text(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      text += fmt::format(".TP\n.I {}\n", plain(option->get_name(true)));
    } else {
      std::string names;
      for (const std::string& name : option->get_snames()) names += fmt::format("\\-{}, ", name);
      for (const std::string& name : option->get_lnames()) {
        names += fmt::format("\\-\\-{}, ", plain(name));
      }
      names.resize(names.size() - 2);
      text += fmt::format(".TP\n\\fB{}\\fR", names);
      if (option->get_items_expected_max() > 0) {
        text += fmt::format(" \\fI{}\\fR", plain(value_name(option)));
      }
      text += '\n';
    }
    text += lines(option->get_description() + ".");
    if (!option->get_default_str().empty()) {
      text += fmt::format("Default: {}.\n", plain(option->get_default_str()));
    }
  }
  return text;
}

struct Footer {
  std::string notes;
  std::string examples;
};

/// The examples of a footer, and its other paragraphs.
Footer take_apart(const std::string& footer) {
  constexpr std::string_view kTitle = "Examples:\n";
  const std::size_t title = footer.find(kTitle);
  if (title == std::string::npos) return {.notes = footer, .examples = {}};
  const std::size_t first = title + kTitle.size();
  const std::size_t end = std::min(footer.find("\n\n", first), footer.size());
  Footer parts{.notes = footer.substr(0, title), .examples = footer.substr(first, end - first)};
  if (end < footer.size()) parts.notes += footer.substr(end + 2);
  while (parts.notes.ends_with('\n')) parts.notes.pop_back();
  return parts;
}

std::string paragraphs(std::string_view text) {
  std::string roff;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    roff += ".PP\n" + lines(text.substr(at, end - at));
    at = end + 2;
  }
  return roff;
}

/// What one command takes and how it is used, as part of its own page or of its parent's.
std::string body(const CLI::App& command) {
  std::string text = options_text(command);
  const Footer footer = take_apart(command.get_footer());
  text += paragraphs(footer.notes);
  return text;
}

std::string examples(const CLI::App& command) {
  const std::string shown = take_apart(command.get_footer()).examples;
  return shown.empty() ? "" : ".PP\n.nf\n" + lines(shown) + ".fi\n";
}

/// The commands below, at any depth, each under its name.
std::string inner_commands(const CLI::App& command) {
  std::string text;
  for (const CLI::App* one : shown_commands(command)) {
    text += fmt::format(".SS {}\n{}", plain(full_name(*one)), lines(one->get_description() + "."));
    text += body(*one) + examples(*one) + inner_commands(*one);
  }
  return text;
}

constexpr std::string_view kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nGood.\n"
    ".TP\n.B 1\nIt was asked rightly and did not work out.\n"
    ".TP\n.B 2\nA wrong option, or a mistake in the configuration.\n";

constexpr std::string_view kFiles =
    ".SH FILES\n"
    ".TP\n.I ~/.config/keypool/keypool.yaml\nThe configuration, unless \\fB\\-\\-config\\fR or "
    "\\fBKEYPOOL_CONFIG\\fR names another.\n"
    ".TP\n.I ~/.local/state/keypool\nCounts and usage.\n"
    ".TP\n.I ~/.car/env\nVariables that are read first and never override what is set.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B KEYPOOL_CONFIG\nThe configuration file.\n"
    ".TP\n.B NO_COLOR\nSet to anything: no colours.\n";

}  // namespace

std::string man_page_name(const CLI::App& command) {
  std::string name = full_name(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string man_page(const CLI::App& command, std::string_view version) {
  const bool whole = command.get_parent() == nullptr;
  std::string name = man_page_name(command);
  std::string title = name;
  std::ranges::transform(title, title.begin(),
                         [](unsigned char letter) { return std::toupper(letter); });
  std::string text =
      fmt::format(".TH {} 1 \"\" \"keypool {}\" \"keypool\"\n.SH NAME\n{} \\- {}\n", plain(title),
                  version, plain(name), plain(sentence(command.get_description())));
  text += ".SH SYNOPSIS\n" + synopsis(command);
  text += ".SH DESCRIPTION\n" + lines(command.get_description() + ".");
  if (whole) {
    text += ".SH COMMANDS\n";
    for (const CLI::App* one : shown_commands(command)) {
      text += fmt::format(".TP\n\\fB{}\\fR(1)\n{}", plain(man_page_name(*one)),
                          lines(one->get_description() + "."));
    }
    text += ".SH OPTIONS\n" + options_text(command);
  } else {
    text += ".SH OPTIONS\n" + body(command);
    const std::string inner = inner_commands(command);
    if (!inner.empty()) text += ".SH COMMANDS\n" + inner;
  }
  const std::string shown = examples(command);
  if (!shown.empty()) text += ".SH EXAMPLES\n" + shown;
  text += kExitStatus;
  if (whole) text += kFiles;
  if (!whole) text += ".SH SEE ALSO\n.BR keypool (1)\n";
  return text;
}

}  // namespace keypool::cli
