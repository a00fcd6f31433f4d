// The keychain against a real gnome-keyring-daemon on a session bus of each test's own.
#include <array>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "secrets/bounded.h"
#include "tests/cli/program.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

/// A user's session: home and bus of its own, `$probe` to ask the keychain as keypool does.
class Session {
 public:
  Session() {
    std::filesystem::create_directory(folder_.path() / "run");
    std::filesystem::permissions(folder_.path() / "run", std::filesystem::perms::owner_all);
    environment_ = {{"HOME", folder_.path()},
                    {"PATH", "/usr/bin:/bin"},
                    {"XDG_RUNTIME_DIR", folder_.path() / "run"},
                    {"probe", KEYPOOL_KEYCHAIN_PROBE}};
  }

  /// What `script` prints where the login keyring is open, as after a login.
  std::string unlocked(const std::string& script) {
    return on_a_bus(
        {}, "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >&2\n" + script);
  }

  /// What it prints on a fresh bus; `options` are the bus's.
  std::string on_a_bus(const std::vector<std::string>& options, const std::string& script) {
    std::vector<std::string> command{"dbus-run-session"};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"--", "bash", "-euo", "pipefail", "-c", script});
    return run(std::move(command));
  }

  std::string run(std::vector<std::string> command) {
    Program program(std::move(command), environment_);
    EXPECT_EQ(program.wait(), 0) << program.out() << program.err();
    return program.out();
  }

  Session& with(const std::string& name, const std::string& value) {
    environment_[name] = value;
    return *this;
  }

  [[nodiscard]] const TemporaryFolder& folder() const noexcept { return folder_; }

 private:
  TemporaryFolder folder_;
  Program::Environment environment_;
};

TEST(Keychain, FindsWhatSecretToolStored) {
  EXPECT_EQ(Session().unlocked("printf sk-theirs | secret-tool store --label=any "
                               "service car username OPENAI_API_KEY\n"
                               "$probe find OPENAI_API_KEY"),
            "found sk-theirs\n");
}

TEST(Keychain, StoresWhatSecretToolFinds) {
  EXPECT_EQ(Session().unlocked("$probe store OPENAI_API_KEY sk-ours\n"
                               "secret-tool lookup service car username OPENAI_API_KEY"),
            "stored\nsk-ours");
}

TEST(Keychain, FindsItemsThatHaveOtherAttributesToo) {
  EXPECT_EQ(Session().unlocked("printf sk-theirs | secret-tool store --label=any "
                               "application 'Python keyring library' service car username A\n"
                               "$probe find A"),
            "found sk-theirs\n");
}

TEST(Keychain, ChangesTheItemThatIsThereInsteadOfAddingAnother) {
  EXPECT_EQ(Session().unlocked("printf sk-1 | secret-tool store --label=theirs "
                               "application other service car username A\n"
                               "$probe store A sk-2; $probe store A sk-3; $probe find A\n"
                               "secret-tool search --all service car 2>/dev/null |"
                               " grep -E '^(label|secret)'"),
            "stored\nstored\nfound sk-3\nlabel = theirs\nsecret = sk-3\n");
}

TEST(Keychain, IsNotMisledByOtherServicesAndNames) {
  EXPECT_THAT(Session().unlocked("printf x | secret-tool store --label=any service vim username A\n"
                                 "printf x | secret-tool store --label=any service car username B\n"
                                 "$probe find A"),
              EndsWith("no item\n"));
}

TEST(Keychain, ListsItsNamesSorted) {
  EXPECT_EQ(Session().unlocked("$probe store B sk-2; $probe store A sk-1; $probe names"),
            "stored\nstored\nname A\nname B\n");
}

TEST(Keychain, TakesOutWhatItHolds) {
  EXPECT_THAT(Session().unlocked("$probe store A sk-1; $probe remove A; $probe remove A"),
              EndsWith("stored\nremoved\nfailure 0: no item\n"));
}

TEST(Keychain, AnEmptyNameIsNotEveryName) {
  EXPECT_THAT(Session().unlocked("$probe store A sk-1; $probe remove ''; $probe names"),
              HasSubstr("failure 0: no item\nname A\n"));
}

TEST(Keychain, IsAskedLast) {
  Session session;
  session.with("A_FILE", session.folder().write("key", "sk-file"));
  EXPECT_THAT(session.unlocked("$probe store A sk-1; $probe places A"),
              HasSubstr("named by A_FILE: found\n"
                        "file A in $CREDENTIALS_DIRECTORY: variable not set\n"
                        "OS keychain: found\n"));
}

TEST(LockedKeychain, IsPassedOverWithoutAPrompt) {
  const auto said = Session().unlocked(
      "$probe store A sk-1\n"
      "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets"
      " org.freedesktop.Secret.Service.Lock"
      " array:objpath:/org/freedesktop/secrets/collection/login >&2\n"
      "$probe find A; $probe store A sk-2; $probe store B sk-3; $probe remove A; $probe names");
  EXPECT_EQ(said,
            "stored\n"
            "failure 2: locked; unlock it, keypool asks nobody\n"
            "failure 2: locked; unlock it, keypool asks nobody\n"
            "failure 2: locked; unlock it, keypool asks nobody\n"
            "failure 2: locked; unlock it, keypool asks nobody\n"
            "name A\n");
}

TEST(AbsentKeychain, WithoutABusIsPassedOver) {
  EXPECT_EQ(Session().run({KEYPOOL_KEYCHAIN_PROBE, "find", "A"}), "failure 1: no session bus\n");
}

TEST(AbsentKeychain, WithoutAServiceIsPassedOver) {
  Session session;
  const auto config = session.folder().write("bus.conf", R"(<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
)");
  EXPECT_THAT(session.on_a_bus({"--config-file=" + config.native()}, "$probe find A"),
              testing::StartsWith("failure 1: "));
}

TEST(AbsentKeychain, WithoutADefaultCollectionStoresNothing) {
  const auto said = Session().on_a_bus({}, "$probe find A; $probe store A sk-1");
  EXPECT_THAT(said, HasSubstr("failure 0: no item\n"));
  EXPECT_THAT(said, HasSubstr("failure 1: it has no default collection to store in\n"));
}

/// A bus that takes every connection and never says a word.
class SilentBus {
 public:
  explicit SilentBus(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
  }
  SilentBus(const SilentBus&) = delete;
  SilentBus& operator=(const SilentBus&) = delete;
  ~SilentBus() { ::close(listener_); }

  /// How many have connected and wait to be served.
  [[nodiscard]] int callers() const {
    int count = 0;
    for (pollfd ready{listener_, POLLIN, 0}; ::poll(&ready, 1, 0) > 0; ++count) {
      ::close(::accept(listener_, nullptr, nullptr));
    }
    return count;
  }

 private:
  int listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(HangingKeychain, IsGivenUpAndNotAskedAgain) {
  Session session;
  const auto path = session.folder().path() / "bus";
  const SilentBus bus(path);
  session.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + path.native());

  EXPECT_EQ(session.run({KEYPOOL_KEYCHAIN_PROBE, "find", "A", "B"}),
            "failure 3: no answer within 2000 ms\n"
            "failure 3: did not answer before, so not asked again\n");
  EXPECT_EQ(bus.callers(), 1);
}

TEST(Within, ReturnsWhatTheWorkDoes) {
  EXPECT_EQ(secrets::within<int>(kPatience, [] { return 7; }), 7);
}

TEST(Within, GivesUpOnWorkThatDoesNotEnd) {
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
  };
  auto gate = std::make_shared<Gate>();
  const auto result = secrets::within<int>(std::chrono::milliseconds(1), [gate] {
    std::unique_lock lock(gate->mutex);
    gate->changed.wait(lock, [&] { return gate->open; });
    return 7;
  });
  EXPECT_EQ(result, std::nullopt);
  const std::lock_guard lock(gate->mutex);
  gate->open = true;
  gate->changed.notify_all();
}

TEST(Within, HoldsSignalsBackFromTheWork) {
  const auto held_back = secrets::within<bool>(kPatience, [] {
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return sigismember(&now, SIGINT) == 1 && sigismember(&now, SIGTERM) == 1;
  });
  EXPECT_EQ(held_back, true);
}

}  // namespace
}  // namespace keypool::test
