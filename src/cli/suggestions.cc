#include "cli/suggestions.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>

#include "cli/command_tree.h"

namespace keypool::cli {
namespace {

const CLI::Option* option_named(const CLI::App& command, std::string_view word) {
  const auto options = command.get_options([&](const CLI::Option* option) {
    const auto names = [&](const std::vector<std::string>& list, std::string_view dashes) {
      return word.starts_with(dashes) &&
             std::ranges::find(list, word.substr(dashes.size())) != list.end();
    };
    return names(option->get_lnames(), "--") || names(option->get_snames(), "-");
  });
  return options.empty() ? nullptr : options.front();
}

/// The value that stands at `place` among a command's own.
const CLI::Option* positional_at(const CLI::App& command, std::size_t place) {
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* one) { return one->get_positional(); })) {
    const auto many = static_cast<std::size_t>(std::max(option->get_items_expected_max(), 1));
    if (place < many) return option;
    place -= many;
  }
  return nullptr;
}

/// `{a,b,c}` of a type that takes one of a few words.
std::vector<std::string> choices(const std::string& type) {
  std::vector<std::string> all;
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return all;
  for (std::size_t at = open + 1; at < close;) {
    const std::size_t end = std::min(type.find(',', at), close);
    all.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

class Completer {
 public:
  Completer(std::string_view begun, const std::function<KnownNames()>& names)
      : begun_(begun), names_(names) {}

  void offer(std::string text, std::string help = {}) {
    if (text.starts_with(begun_)) found_.words.push_back({std::move(text), std::move(help)});
  }

  void offer_options(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        offer("--" + name, option->get_description());
      }
    }
  }

  void offer_commands(const CLI::App& command) {
    for (const CLI::App* one : shown_commands(command)) {
      offer(one->get_name(), one->get_description());
    }
  }

  void offer_values(const CLI::App& command, const CLI::Option& value) {
    const std::string type = value.get_type_name();
    const std::string name =
        value.get_positional() ? value.get_name(true) : value.get_lnames().front();
    for (std::string& choice : choices(type)) offer(std::move(choice));
    if (name == "ENDPOINT" || name == "endpoint") {
      for (std::string& one : names_().endpoints) offer(std::move(one));
    } else if (name == "key" || (command.get_parent()->get_name() == "secrets")) {
      for (std::string& one : names_().keys) offer(std::move(one));
    } else if (type.starts_with("FOLDER")) {
      found_.otherwise = Suggestions::Else::folders;
    } else if (type.starts_with("FILE") || name.starts_with("FILE") || name == "COMMAND") {
      found_.otherwise = Suggestions::Else::files;
    }
  }

  [[nodiscard]] Suggestions found() && { return std::move(found_); }

 private:
  std::string_view begun_;
  const std::function<KnownNames()>& names_;
  Suggestions found_;
};

}  // namespace

Suggestions suggestions(const CLI::App& keypool, const std::vector<std::string>& words,
                        const std::function<KnownNames()>& names) {
  const CLI::App* command = &keypool;
  const CLI::Option* value_of = nullptr;  // the option whose value comes next
  std::size_t place = 0;                  // among the command's own values
  bool only_values = false;               // behind `--`
  const std::size_t before = words.empty() ? 0 : words.size() - 1;
  for (std::size_t i = 0; i < before; ++i) {
    const std::string& word = words[i];
    if (value_of != nullptr) {
      if (word != "=") value_of = nullptr;  // bash takes `--option=value` apart
    } else if (word == "--") {
      only_values = true;
    } else if (!only_values && word.starts_with("-") && word.size() > 1) {
      const CLI::Option* option = option_named(*command, word);
      if (option != nullptr && option->get_items_expected_max() > 0) value_of = option;
    } else if (const CLI::App* next = shown_command(*command, word);
               !only_values && place == 0 && next != nullptr) {
      command = next;
    } else {
      ++place;
    }
  }

  std::string begun = words.empty() ? "" : words.back();
  if (begun == "=") begun.clear();
  Completer completer(begun, names);
  if (value_of != nullptr) {
    completer.offer_values(*command, *value_of);
  } else if (begun.starts_with("-") && !only_values) {
    completer.offer_options(*command);
  } else {
    if (place == 0) completer.offer_commands(*command);
    const CLI::Option* const value = positional_at(*command, place);
    if (value != nullptr) completer.offer_values(*command, *value);
  }
  return std::move(completer).found();
}

}  // namespace keypool::cli
