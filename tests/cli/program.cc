#include "tests/cli/program.h"

#include <array>
#include <regex>
#include <stdexcept>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keypool::test {
namespace {

using std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Appends what `pipe` holds; at its end closes it and makes it -1.
void take_in(int& pipe, std::string& text) {
  std::array<char, 16 * 1024> piece;
  const ssize_t size = ::read(pipe, piece.data(), piece.size());
  if (size > 0) {
    text.append(piece.data(), static_cast<std::size_t>(size));
  } else {
    ::close(pipe);
    pipe = -1;
  }
}

}  // namespace

Program::Program(std::vector<std::string> command, const Environment& environment) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);

  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  const int failed = ::posix_spawnp(&id_, command.front().c_str(), &actions, nullptr,
                                    pointers(command).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  out_pipe_ = out[0];
  err_pipe_ = err[0];
  if (failed != 0) throw std::runtime_error("cannot run " + command.front());
}

Program::~Program() {
  if (!code_) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  for (const int pipe : {out_pipe_, err_pipe_}) {
    if (pipe >= 0) ::close(pipe);
  }
}

bool Program::read_some(steady_clock::time_point deadline) {
  if (out_pipe_ < 0 && err_pipe_ < 0) return false;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  if (left.count() <= 0) return false;
  std::array<pollfd, 2> pipes{pollfd{out_pipe_, POLLIN, 0}, pollfd{err_pipe_, POLLIN, 0}};
  if (::poll(pipes.data(), pipes.size(), static_cast<int>(left.count())) <= 0) return false;
  if (pipes[0].revents != 0) take_in(out_pipe_, out_);
  if (pipes[1].revents != 0) take_in(err_pipe_, err_);
  return true;
}

std::string Program::said() const { return "stdout:\n" + out_ + "\nstderr:\n" + err_; }

std::string Program::wait_for(const std::string& pattern) { return wait_for(pattern, out_); }

std::string Program::wait_for_error(const std::string& pattern) { return wait_for(pattern, err_); }

std::string Program::wait_for(const std::string& pattern, const std::string& text) {
  const auto deadline = steady_clock::now() + kPatience;
  const std::regex expected(pattern);
  std::smatch match;
  while (!std::regex_search(text, match, expected)) {
    if (!read_some(deadline)) {
      ADD_FAILURE() << "no \"" << pattern << "\" in\n" << said();
      return {};
    }
  }
  return match.size() > 1 ? match[1].str() : match[0].str();
}

void Program::signal(int number) const { ::kill(id_, number); }

int Program::wait() {
  if (code_) return *code_;
  const auto deadline = steady_clock::now() + kPatience;
  while (read_some(deadline)) {
  }
  if (steady_clock::now() >= deadline) {
    ADD_FAILURE() << "it did not end:\n" << said();
    ::kill(id_, SIGKILL);
  }
  int status = 0;
  ::waitpid(id_, &status, 0);
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *code_;
}

}  // namespace keypool::test
