#include "cli/service_manager.h"

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/cli/keypool_program.h"
#include "tests/secrets/scoped_environment.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::cli {
namespace {

using test::Keypool;
using test::ScopedEnvironment;
using test::TemporaryFolder;

// What a service manager hears at its socket; `@name` for an abstract one.
class Ear {
 public:
  explicit Ear(const std::string& name) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    const timeval patience{60, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;
  ~Ear() { ::close(descriptor_); }

  std::string hear() {
    char bytes[256];
    const auto size = ::recv(descriptor_, bytes, sizeof bytes, 0);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : "";
  }

 private:
  int descriptor_;
};

TEST(ServiceManager, IsToldWhenTheGatewayIsReadyAndWhenItStops) {
  const TemporaryFolder folder;
  const auto path = folder.path().string() + "/notify";
  Ear ear(path);
  Keypool keypool;
  auto run = keypool.with("NOTIFY_SOCKET", path).serve();

  EXPECT_EQ(ear.hear(), "READY=1");
  run.signal(SIGTERM);
  EXPECT_EQ(ear.hear(), "STOPPING=1");
  EXPECT_EQ(run.wait(), 0);
}

TEST(ServiceManager, MayListenAtAnAbstractAddress) {
  const auto name = "@keypool-test-" + std::to_string(::getpid());
  Ear ear(name);
  ScopedEnvironment environment;
  environment.set("NOTIFY_SOCKET", name);
  const ServiceManager manager;

  manager.ready();

  EXPECT_EQ(ear.hear(), "READY=1");
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr) << "no child takes it for its own";
}

TEST(ServiceManager, NothingHappensWhereThereIsNone) {
  ScopedEnvironment environment;
  environment.set("NOTIFY_SOCKET", "");
  ServiceManager().ready();
  environment.set("NOTIFY_SOCKET", "/" + std::string(200, 'x'));
  ServiceManager().ready();
}

}  // namespace
}  // namespace keypool::cli
