#include "cli/exec_child.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "secrets/wiped_text.h"

extern char** environ;

namespace keypool::cli {
namespace {

using secrets::WipedText;

/// Leaves the terminal's signals to the child for as long as it runs, as a shell does.
class PatientWithSignals {
 public:
  PatientWithSignals()
      : interrupt_(std::signal(SIGINT, SIG_IGN)), quit_(std::signal(SIGQUIT, SIG_IGN)) {}
  PatientWithSignals(const PatientWithSignals&) = delete;
  PatientWithSignals& operator=(const PatientWithSignals&) = delete;
  ~PatientWithSignals() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGQUIT, quit_);
  }

 private:
  void (*interrupt_)(int);
  void (*quit_)(int);
};

WipedText assignment(std::string_view name, std::string_view value) {
  WipedText text(name.size() + 1 + value.size());
  char* at = std::ranges::copy(name, text.data()).out;
  *at++ = '=';
  std::ranges::copy(value, at);
  return text;
}

/// Our environment without `names`.
std::vector<char*> environment_without(const std::vector<std::string>& names) {
  std::vector<char*> kept;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    const auto name = text.substr(0, text.find('='));
    if (std::ranges::find(names, name) == names.end()) kept.push_back(*one);
  }
  return kept;
}

}  // namespace

std::expected<int, std::string> run_in_our_place(const std::vector<std::string>& command,
                                                 const std::vector<std::string>& variables,
                                                 std::string_view value) {
  auto environment = environment_without(variables);
  std::vector<WipedText> assignments;
  for (const auto& name : variables) assignments.push_back(assignment(name, value));
  for (auto& text : assignments) environment.push_back(text.data());
  environment.push_back(nullptr);
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  const PatientWithSignals patient;
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t id = -1;
  const int failed = ::posix_spawnp(&id, arguments.front(), nullptr, &attributes, arguments.data(),
                                    environment.data());
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    return std::unexpected(fmt::format("{} cannot be run: {}", command.front(),
                                       std::generic_category().message(failed)));
  }
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace keypool::cli
