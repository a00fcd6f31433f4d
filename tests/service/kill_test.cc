// SIGKILL at any moment: the state opens again, and no call is counted twice.
#include <cstdlib>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "tests/service/calls.h"
#include "tests/service/service.h"

namespace keypool::test {
namespace {

using state::Figure;

int number_from(const char* variable, int otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::atoi(text) : otherwise;
}

TEST(Kill, AtRandomMomentsUnderLoadNeverCountsTwiceNorLosesWhatWasWritten) {
  const auto seed = number_from("KEYPOOL_SEED", ::getpid());
  SCOPED_TRACE("KEYPOOL_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<unsigned>(seed));
  std::uniform_int_distribution<int> moment(0, 1500);
  Service service({.keys = lab_keys(2)});
  service.keypool().with("LAB_KEY", secret_of(0) + "," + secret_of(1));
  service.configure("      - LAB_KEY");

  const int kills = number_from("KEYPOOL_KILLS", 4);
  std::uint64_t written = 0;
  for (int kill = 0; kill < kills; ++kill) {
    service.start();
    Callers callers(4, service.chat());
    ::poll(nullptr, 0, moment(random));
    service.kill();
    callers.stop();

    const auto counted = service.ledger()[Figure::succeeded];
    ASSERT_LE(counted, served_by(service.provider())) << "after kill " << kill + 1;
    ASSERT_GE(counted, written) << "after kill " << kill + 1;
    written = counted;
  }
  EXPECT_EQ(service.command({"usage", "--state", service.state_folder()}).code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(service.state_folder())) {
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::HasSubstr("damaged")));
  }
}

TEST(Kill, LosesNothingThatWasCountedMoreThanAMomentBefore) {
  Service service({.keys = lab_keys(2)});
  service.keypool().with("LAB_KEY", secret_of(0));
  service.configure("      - LAB_KEY");
  service.start();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(service.call(service.chat()).status, 200);
  ASSERT_TRUE(eventually([&] { return service.ledger()[Figure::succeeded] == 20; }));
  Callers callers(4, service.chat());
  ASSERT_TRUE(eventually([&] { return callers.answered() > 0; }));

  service.kill();
  callers.stop();

  EXPECT_GE(service.ledger()[Figure::succeeded], 20u);
}

}  // namespace
}  // namespace keypool::test
