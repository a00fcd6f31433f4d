// The state's disk is full, read-only, gone, damaged or somebody else's: calls go on.
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include "state/database.h"
#include "tests/service/calls.h"
#include "tests/service/service.h"

namespace keypool::test {
namespace {

using state::Figure;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTold = "usage is counted in memory only, and calls go on";
constexpr const char* kWellAgain = "usage is written again";

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

class DiskTrouble : public testing::Test {
 protected:
  DiskTrouble() {
    service_.keypool().with("LAB_KEY", secret_of(0) + "," + secret_of(1));
    service_.configure("      - LAB_KEY");
  }

  void call(int times) {
    for (int i = 0; i < times; ++i) ASSERT_EQ(service_.call(service_.chat()).status, 200);
  }

  [[nodiscard]] int successes_of_all_keys() const {
    const auto answer = service_.admin("/api/v1/keys");
    int successes = 0;
    for (const auto& key : answer["keys"]) {
      successes += key["successes"].get<int>();
    }
    return successes;
  }

  /// All that was called stands in the ledger, after a clean stop.
  void expect_counts_to_have_caught_up() {
    ASSERT_EQ(service_.stop(), 0) << service_.run().err();
    EXPECT_EQ(service_.ledger()[Figure::succeeded], served_by(service_.provider()));
  }

  Service service_{{.keys = lab_keys(2)}};
};

/// A small disk of its own over the state folder; none where the system allows no mounting.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    // In a view of its own, which ends with the process, however that ends.
    there_ = ::unshare(CLONE_NEWNS) == 0 &&
             ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=1m,mode=0700") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (there_) ::umount2(folder_.c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool there() const noexcept { return there_; }

  void fill() const {
    std::ofstream ballast(folder_ / "ballast", std::ios::binary);
    const std::string block(4096, 'x');
    while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void empty() const { std::filesystem::remove(folder_ / "ballast"); }

  [[nodiscard]] bool make_read_only() const {
    return ::mount("", folder_.c_str(), "", MS_REMOUNT | MS_RDONLY, "") == 0;
  }

 private:
  std::filesystem::path folder_;
  bool there_ = false;
};

constexpr const char* kNoMounting = "nobody may mount here: run as root to test on a small disk";

TEST_F(DiskTrouble, AFullDiskFailsNoCallAndCountsCatchUp) {
  const SmallDisk disk(service_.state_folder());
  if (!disk.there()) GTEST_SKIP() << kNoMounting;
  service_.start();
  call(3);
  disk.fill();
  // Many series, so that the file has to grow.
  for (int i = 0; i < 300; ++i) {
    auto fetch = service_.chat();
    fetch.body = fmt::format(R"({{"model":"model-{}","messages":[]}})", i);
    ASSERT_EQ(service_.call(fetch).status, 200);
  }
  service_.run().wait_for_error(kTold);
  call(3);

  disk.empty();

  service_.run().wait_for_error(kWellAgain);
  call(3);
  expect_counts_to_have_caught_up();
  EXPECT_EQ(count_of(service_.run().err(), kTold), 1u) << service_.run().err();
  EXPECT_EQ(count_of(service_.run().err(), kWellAgain), 1u);
}

TEST_F(DiskTrouble, ADiskThatIsFullFromTheStartFailsNoCall) {
  const SmallDisk disk(service_.state_folder());
  if (!disk.there()) GTEST_SKIP() << kNoMounting;
  disk.fill();
  service_.start();
  call(3);
  service_.run().wait_for_error(kTold);
  disk.empty();
  service_.run().wait_for_error(kWellAgain);
  expect_counts_to_have_caught_up();
}

TEST_F(DiskTrouble, AReadOnlyDiskFailsNoCall) {
  const SmallDisk disk(service_.state_folder());
  if (!disk.there() || !disk.make_read_only()) GTEST_SKIP() << kNoMounting;
  service_.start();
  call(3);
  service_.run().wait_for_error(kTold);
  call(3);
  EXPECT_EQ(service_.stop(), 0);
  EXPECT_EQ(count_of(service_.run().err(), kTold), 1u) << service_.run().err();
  EXPECT_THAT(service_.run().err(), ContainsRegex("Read-only|readonly"));
}

TEST_F(DiskTrouble, CountsOfEarlierRunsThatCouldNotBeReadAtTheStartAreAddedLater) {
  service_.start();
  call(3);
  ASSERT_EQ(service_.stop(), 0);
  const auto elsewhere = service_.home_file("elsewhere");
  std::filesystem::rename(service_.state_folder(), elsewhere);
  std::ofstream(service_.state_folder()) << "a file where the folder should be";
  service_.start();
  call(2);
  service_.run().wait_for_error(kTold);

  std::filesystem::remove(service_.state_folder());
  std::filesystem::rename(elsewhere, service_.state_folder());

  service_.run().wait_for_error(kWellAgain);
  EXPECT_TRUE(eventually([&] { return successes_of_all_keys() == 5; }));
  ASSERT_EQ(service_.stop(), 0);
  EXPECT_EQ(service_.ledger()[Figure::succeeded], 5u);
}

TEST_F(DiskTrouble, AFolderThatCannotBeMadeFailsNoCall) {
  std::ofstream(service_.state_folder()) << "a file where the folder should be";
  service_.start();
  call(3);
  service_.run().wait_for_error(kTold);
  call(3);

  std::filesystem::remove(service_.state_folder());

  service_.run().wait_for_error(kWellAgain);
  call(3);
  expect_counts_to_have_caught_up();
}

TEST_F(DiskTrouble, AFileThatIsRemovedIsBegunAnewAndToldOnce) {
  service_.start();
  call(3);
  ASSERT_TRUE(eventually([&] { return service_.ledger()[Figure::succeeded] == 3; }));
  std::filesystem::remove_all(service_.state_folder());

  call(2);

  ASSERT_TRUE(eventually([&] {
    return std::filesystem::exists(service_.state_folder() / "keypool.db") &&
           service_.ledger()[Figure::succeeded] == 2;
  }));
  call(1);
  ASSERT_EQ(service_.stop(), 0) << service_.run().err();
  EXPECT_EQ(service_.ledger()[Figure::succeeded], 3u);
  EXPECT_EQ(count_of(service_.run().err(), "was removed while it was in use"), 1u)
      << service_.run().err();

  // Counts of keys are the gateway's own, and go into the fresh file whole.
  service_.start();
  EXPECT_EQ(successes_of_all_keys(), 6);
}

TEST_F(DiskTrouble, ADamagedFileIsSetAsideAndTold) {
  std::filesystem::create_directories(service_.state_folder());
  std::ofstream(service_.state_folder() / "keypool.db") << std::string(8192, 'x');
  service_.start();
  call(3);
  expect_counts_to_have_caught_up();
  EXPECT_THAT(service_.run().err(), ContainsRegex("is damaged; it was set aside as .*keypool.db."
                                                  "damaged-[0-9]{8}T[0-9]{6}Z"));
}

TEST_F(DiskTrouble, AFileThatIsDamagedWhileItRunsIsSetAside) {
  service_.start();
  call(3);
  ASSERT_TRUE(eventually([&] { return service_.ledger()[Figure::succeeded] == 3; }));
  {
    std::fstream file(service_.state_folder() / "keypool.db",
                      std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(64 * 1024, 'x');
  }
  call(2);
  EXPECT_EQ(service_.stop(), 0) << service_.run().err();
  service_.start();
  call(1);
  EXPECT_EQ(service_.stop(), 0) << service_.run().err();
}

TEST_F(DiskTrouble, AFileOfANewerVersionIsLeftAloneAndNothingStarts) {
  service_.start();
  service_.stop();
  const auto file = (service_.state_folder() / "keypool.db").string();
  ASSERT_TRUE(state::Database::open(file)->run("PRAGMA user_version = 99"));

  const auto run = service_.command({"serve", "--config", service_.configuration_path(), "--state",
                                     service_.state_folder().string(), "--listen", "127.0.0.1:0",
                                     "--admin-listen", "127.0.0.1:0"});

  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("its format is version 99"),
                             HasSubstr("run the newer keypool, or move the file away")));
  EXPECT_EQ(state::Database::open(file)->number("PRAGMA user_version"), 99);
}

TEST_F(DiskTrouble, ASecondGatewayIsToldWhoHoldsTheState) {
  service_.start();

  const auto second = service_.command({"serve", "--config", service_.configuration_path(),
                                        "--state", service_.state_folder().string(), "--listen",
                                        "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"});

  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err,
              AllOf(HasSubstr(fmt::format("is in use by process {}", service_.run().id())),
                    HasSubstr("stop that gateway, or choose another state folder")));
  EXPECT_THAT(second.out, Not(HasSubstr("calls  http")));
}

}  // namespace
}  // namespace keypool::test
