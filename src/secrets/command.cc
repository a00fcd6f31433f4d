#include "secrets/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <keypool/clock.h>

#include "secrets/wiped_text.h"

extern char** environ;

namespace keypool::secrets {
namespace {

using std::chrono::milliseconds;

std::string system_says(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  [[nodiscard]] int number() const noexcept { return number_; }
  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

/// When the command must have ended.
class Deadline {
 public:
  explicit Deadline(milliseconds time) : at_(system_clock().now() + time) {}

  /// Waits until `descriptor` can be read. False: the time is up.
  [[nodiscard]] bool wait_for(int descriptor) const {
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(at_ - system_clock().now()).count();
      if (left <= 0) return false;
      pollfd readable{descriptor, POLLIN, 0};
      const int ready =
          ::poll(&readable, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
  }

 private:
  MonotonicTime at_;
};

/// A program at work, in a process group of its own. Killed at the end, with all that it started.
class RunningCommand {
 public:
  [[nodiscard]] static std::expected<RunningCommand, std::string> start(
      const std::vector<std::string>& arguments);

  RunningCommand(RunningCommand&& other) noexcept : id_(std::exchange(other.id_, -1)) {
    output_ = std::move(other.output_);
  }
  RunningCommand& operator=(RunningCommand&&) = delete;
  ~RunningCommand() {
    if (id_ < 0) return;
    ::kill(-id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  [[nodiscard]] std::expected<WipedText, std::string> read_all(std::size_t most,
                                                               const Deadline& deadline) const;

  /// Nothing when it ended well.
  [[nodiscard]] std::optional<std::string> wait(const Deadline& deadline);

 private:
  RunningCommand() = default;

  pid_t id_ = -1;
  Descriptor output_;
};

/// As a fresh program expects it: no signal held back or ignored.
void set_up_signals(posix_spawnattr_t& attributes) {
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

std::expected<RunningCommand, std::string> RunningCommand::start(
    const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::unexpected(system_says(errno));
  RunningCommand command;
  command.output_ = Descriptor(pipe[0]);
  const Descriptor write_end(pipe[1]);

  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, write_end.number(), STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  set_up_signals(attributes);
  pid_t id = -1;
  const int failed =
      ::posix_spawnp(&id, pointers.front(), &files, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return std::unexpected(fmt::format("cannot be run: {}", system_says(failed)));
  command.id_ = id;
  return command;
}

std::expected<WipedText, std::string> RunningCommand::read_all(std::size_t most,
                                                               const Deadline& deadline) const {
  WipedText text(4096);
  std::size_t filled = 0;
  for (;;) {
    if (!deadline.wait_for(output_.number())) return std::unexpected("took too long");
    const auto got = ::read(output_.number(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_says(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > most) return std::unexpected(fmt::format("printed more than {} bytes", most));
    if (filled == text.size()) {
      WipedText larger(text.size() * 2);
      text.view().copy(larger.data(), filled);
      text = std::move(larger);
    }
  }
  text.truncate(filled);
  return text;
}

std::optional<std::string> RunningCommand::wait(const Deadline& deadline) {
  // Readable once the process has ended.
  const Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
  if (end.number() >= 0 && !deadline.wait_for(end.number())) return "took too long";
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  // Whatever it left running goes with it.
  ::kill(-std::exchange(id_, -1), SIGKILL);
  if (WIFSIGNALED(status)) return fmt::format("ended by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return fmt::format("exit code {}", WEXITSTATUS(status));
  return std::nullopt;
}

std::expected<Secret, std::string> value_from(const std::vector<std::string>& arguments,
                                              const CommandLimits& limits) {
  const Deadline deadline(limits.time);
  auto command = RunningCommand::start(arguments);
  if (!command) return std::unexpected(command.error());
  auto text = command->read_all(limits.output_bytes, deadline);
  if (!text) return std::unexpected(text.error());
  if (auto problem = command->wait(deadline)) return std::unexpected(std::move(*problem));
  return make_secret(std::move(*text));
}

}  // namespace

std::expected<SecretSource::Found, std::string> run_secret_command(
    const std::vector<std::string>& arguments, const CommandLimits& limits) {
  if (arguments.empty() || arguments.front().empty()) {
    return std::unexpected("command: empty; expected a program and its arguments");
  }
  auto origin = fmt::format("command {}", arguments.front());
  auto value = value_from(arguments, limits);
  if (!value) return std::unexpected(fmt::format("{}: {}", origin, value.error()));
  return SecretSource::Found{std::move(*value), std::move(origin)};
}

}  // namespace keypool::secrets
