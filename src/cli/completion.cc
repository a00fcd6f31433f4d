#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/suggestions.h"
#include "config/load.h"
#include "provider/known.h"
#include "secrets/environment.h"

namespace keypool::cli {
namespace {

// Each script asks `keypool complete` what the word under the cursor may become: a line a word, its
// explanation behind a tab, and `:files` or `:folders` where the shell shall offer those.

constexpr std::string_view kBash = R"(# bash completion for keypool
_keypool() {
  local current=${COMP_WORDS[COMP_CWORD]} word help
  [[ $current == = ]] && current=
  COMPREPLY=()
  while IFS=$'\t' read -r word help; do
    case $word in
      :files) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
      :folders) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current") ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(keypool complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _keypool keypool
)";

constexpr std::string_view kZsh = R"(#compdef keypool
# zsh completion for keypool
_keypool() {
  local line word help
  local -a described
  local files=0 folders=0 none=1
  for line in "${(@f)$(keypool complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word=${line%%$'\t'*}
    help=${line#*$'\t'}
    case $word in
      '') ;;
      :files) files=1 ;;
      :folders) folders=1 ;;
      *) described+=("${word//:/\\:}:$help") ;;
    esac
  done
  (( $#described )) && _describe keypool described && none=0
  (( files )) && _files && none=0
  (( folders )) && _files -/ && none=0
  return none
}
if [[ $funcstack[1] == _keypool ]]; then
  _keypool "$@"
else
  compdef _keypool keypool
fi
)";

constexpr std::string_view kFish = R"(# fish completion for keypool
function __keypool_complete
  set -l words (commandline -opc) (commandline -ct)
  set -e words[1]
  for line in (keypool complete -- $words 2>/dev/null)
    switch $line
      case ':files*'
        __fish_complete_path (commandline -ct)
      case ':folders*'
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c keypool -f -a '(__keypool_complete)'
)";

/// The file that the words name, else the usual one.
std::optional<std::filesystem::path> configuration(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "--config") continue;
    const std::size_t value = words[i + 1] == "=" ? i + 2 : i + 1;
    if (value < words.size()) return words[value];
  }
  return config::find_file(std::nullopt);
}

/// Without a file, what the environment would make of it. Nobody is asked for anything: a shell
/// waits for the answer at each press of a key.
KnownNames known_names(const std::vector<std::string>& words) {
  KnownNames names;
  if (const auto file = configuration(words)) {
    const auto config = config::load(*file);
    if (!config) return names;
    for (const config::Endpoint& endpoint : config->endpoints) {
      names.endpoints.push_back(endpoint.name);
      for (const config::Key& key : endpoint.keys) names.keys.push_back(key.name);
    }
    return names;
  }
  for (const provider::KnownProvider& known : provider::known_providers()) {
    if (known.variable.empty()) continue;
    names.keys.emplace_back(known.variable);
    if (secrets::non_empty_variable(std::string(known.variable).c_str())) {
      names.endpoints.emplace_back(known.endpoint);
    }
  }
  return names;
}

int complete(const CLI::App& keypool, const std::vector<std::string>& words) {
  const auto found = suggestions(keypool, words, [&words] { return known_names(words); });
  for (const Suggestion& one : found.words) fmt::print("{}\t{}\n", one.text, one.help);
  switch (found.otherwise) {
    case Suggestions::Else::nothing:
      break;
    case Suggestions::Else::files:
      fmt::print(":files\t\n");
      break;
    case Suggestions::Else::folders:
      fmt::print(":folders\t\n");
      break;
  }
  return kGood;
}

void add_script(CLI::App& parent, const char* shell, std::string_view script, Run& run) {
  CLI::App* command =
      parent.add_subcommand(shell, fmt::format("Print the script that {} reads", shell));
  command->footer(fmt::format("Examples:\n  keypool completion {}", shell));
  command->callback([&run, script] {
    run = [script] {
      fmt::print("{}", script);
      return static_cast<int>(kGood);
    };
  });
}

}  // namespace

void add_completion(CLI::App& app, Run& run) {
  CLI::App* completion =
      app.add_subcommand("completion", "Let bash, zsh or fish complete keypool's words");
  completion->require_subcommand(1);
  add_script(*completion, "bash", kBash, run);
  add_script(*completion, "zsh", kZsh, run);
  add_script(*completion, "fish", kFish, run);
  completion->footer(
      "Commands, options, files, and the names of endpoints and keys in the configuration. The\n"
      "package puts the scripts in place; for a keypool that you built:\n\n"
      "Examples:\n"
      "  keypool completion bash > ~/.local/share/bash-completion/completions/keypool\n"
      "  keypool completion zsh > \"${fpath[1]}/_keypool\"\n"
      "  keypool completion fish > ~/.config/fish/completions/keypool.fish");

  CLI::App* words = app.add_subcommand("complete", "What the last word may become");
  words->group("");  // for the scripts, not for people
  auto given = std::make_shared<std::vector<std::string>>();
  words->add_option("WORDS", *given, "What stands behind keypool so far");
  words->callback([&run, &app, given] { run = [&app, given] { return complete(app, *given); }; });
}

}  // namespace keypool::cli
