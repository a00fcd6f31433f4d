#include "tests/cli/shell_session.h"

#include <array>
#include <chrono>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keypool::test {
namespace {

// The shell's end ends its background jobs and its keychain, and waits for them. The keychain is no
// daemon of its own, since one that loses its bus while it starts would stay for good.
constexpr const char* kShell =
    "cd; gnome-keyring-daemon --foreground --unlock --components=secrets <<<'' >/dev/null 2>&1 & "
    "keychain=$!; disown; "
    "for try in {1..200}; do keypool secrets available >/dev/null 2>&1 && break; done; "
    "exec 2>&1; status=0; "
    "trap 'kill $keychain $(jobs -p) 2>/dev/null; wait' EXIT; "
    "while IFS= read -r -d \"$(printf '\\036')\" command; do "
    "(exit $status); eval \"$command\" </dev/null; status=$?; printf '\\036'; done";

}  // namespace

ShellSession::ShellSession(const Program::Environment& environment) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  // What the bus says of itself is nobody's concern; the shell speaks on one stream.
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> texts{"dbus-run-session", "--", "bash", "--norc", "-c", kShell};
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> pointers;
  for (std::string& text : variables) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const int failed = ::posix_spawnp(&id_, texts.front().c_str(), &actions, nullptr,
                                    arguments.data(), pointers.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (failed != 0) throw std::runtime_error("cannot run bash");
}

ShellSession::~ShellSession() {
  ::close(to_);
  std::string ignored;
  while (read_some(ignored)) {
  }
  ::close(from_);
  ::waitpid(id_, nullptr, 0);
}

bool ShellSession::read_some(std::string& said) {
  pollfd source{from_, POLLIN, 0};
  if (::poll(&source, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) <= 0) {
    return false;
  }
  std::array<char, 16 * 1024> piece;
  const ssize_t size = ::read(from_, piece.data(), piece.size());
  if (size <= 0) return false;
  said.append(piece.data(), static_cast<std::size_t>(size));
  return true;
}

std::string ShellSession::run(const std::string& command,
                              const std::function<bool(std::string_view)>& enough) {
  constexpr char kEnd = '\036';
  const std::string line = command + kEnd;
  EXPECT_EQ(::write(to_, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  std::string said;
  std::size_t end = 0;
  while ((end = said.find(kEnd)) == std::string::npos) {
    if (!read_some(said)) return said + "\n(it did not end)";
  }
  said.erase(end, 1);
  while (command.ends_with('&') && !enough(said)) {
    if (!read_some(said)) return said;
  }
  return said;
}

bool nobody_listens_on(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int reuse = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return free;
}

}  // namespace keypool::test
