// SIGKILL at any moment: the state opens again, and no call is counted twice.
#include <chrono>
#include <cstdlib>
#include <deque>
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

/// What the provider had served a second ago: a kill may cost the ledger what came after that.
class ServedASecondAgo {
 public:
  explicit ServedASecondAgo(const lab::Provider& provider) : provider_(provider) {}

  /// Looks at the provider again and again for so long.
  void watch(std::chrono::milliseconds time) {
    const auto end = Clock::now() + time;
    while (Clock::now() < end) {
      seen_.push_back({Clock::now(), served_by(provider_)});
      ::poll(nullptr, 0, 10);
    }
  }

  [[nodiscard]] std::uint64_t count(std::chrono::steady_clock::time_point now) {
    while (!seen_.empty() && seen_.front().at <= now - std::chrono::seconds(1)) {
      count_ = seen_.front().served;
      seen_.pop_front();
    }
    return count_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Seen {
    Clock::time_point at;
    std::uint64_t served;
  };

  const lab::Provider& provider_;
  std::deque<Seen> seen_;
  std::uint64_t count_ = 0;
};

TEST(Kill, AtRandomMomentsUnderLoadNeverCountsTwiceNorLosesMoreThanTheLastSecond) {
  const auto seed = number_from("KEYPOOL_SEED", ::getpid());
  SCOPED_TRACE("KEYPOOL_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<unsigned>(seed));
  std::uniform_int_distribution<int> moment(0, 2500);
  Service service({.keys = lab_keys(2)});
  service.keypool().with("LAB_KEY", secret_of(0) + "," + secret_of(1));
  service.configure("      - LAB_KEY");

  const int kills = number_from("KEYPOOL_KILLS", 4);
  std::uint64_t written = 0;
  std::uint64_t lost_before = 0;
  for (int kill = 0; kill < kills; ++kill) {
    service.start();
    Callers callers(4, service.chat());
    ServedASecondAgo served_a_second_ago(service.provider());
    served_a_second_ago.watch(std::chrono::milliseconds(moment(random)));
    const auto killed_at = std::chrono::steady_clock::now();
    service.kill();
    callers.stop();

    const auto counted = service.ledger()[Figure::succeeded];
    const auto served = served_by(service.provider());
    ASSERT_LE(counted, served) << "after kill " << kill + 1;
    ASSERT_GE(counted, written) << "after kill " << kill + 1;
    ASSERT_GE(counted + lost_before, served_a_second_ago.count(killed_at))
        << "after kill " << kill + 1;
    written = counted;
    lost_before = served - counted;
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
