#include "state/store.h"

#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "state/schema.h"
#include "tests/state/test_store.h"

namespace keypool::test {
namespace {

using state::Database;
using state::Done;
using state::Store;
using state::StoreError;
using state::StoreOptions;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Done note(Database& database) {
  return database.run("INSERT INTO sticky VALUES ('openai', 'file-1', 'K', 1)");
}

std::int64_t notes_in(Store& store) {
  std::int64_t count = -1;
  const auto read = store.read([&](Database& database) -> Done {
    count = database.number("SELECT count(*) FROM sticky").value_or(-1);
    return {};
  });
  return read ? count : -1;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777u : 0;
}

TEST(Store, KeepsWhatWasWrittenBeyondItsEnd) {
  StateFolder folder;
  {
    Store store(folder.options());
    ASSERT_TRUE(store.change(note));
  }
  Store store(folder.options());
  EXPECT_EQ(notes_in(store), 1);
}

TEST(Store, IsForItsOwnerAlone) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_TRUE(store.change(note));
  EXPECT_EQ(mode_of(folder.path()), 0700u);
  EXPECT_EQ(mode_of(folder.file()), 0600u);
  EXPECT_EQ(mode_of(folder.file().native() + "-wal"), 0600u);
}

TEST(Store, KeepsAllOfAChangeOrNothing) {
  StateFolder folder;
  Store store(folder.options());
  const auto half = [](Database& database) -> Done {
    if (auto noted = note(database); !noted) return noted;
    return database.run("INSERT INTO no_such_table VALUES (1)");
  };
  const auto done = store.change(half);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("no such table"));
  EXPECT_EQ(notes_in(store), 0);
}

TEST(Store, InMemoryLeavesNothingOnDisk) {
  Store store({.folder = ":memory:", .use = StoreOptions::Use::gateway});
  ASSERT_TRUE(store.change(note));
  EXPECT_EQ(notes_in(store), 1);
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST(Store, RefusesASecondGatewayAndTellsWhoHoldsIt) {
  StateFolder folder;
  Store first(folder.options());
  ASSERT_TRUE(first.open());
  Store second(folder.options());

  const auto opened = second.open();

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StoreError::Kind::held);
  EXPECT_THAT(opened.error().message,
              HasSubstr("is in use by process " + std::to_string(::getpid())));
}

TEST(Store, LetsACommandWorkBesideAGateway) {
  StateFolder folder;
  Store gateway(folder.options());
  ASSERT_TRUE(gateway.open());
  const auto before = gateway.changes_by_others();
  Store command(folder.options(StoreOptions::Use::command));
  ASSERT_TRUE(command.change(note));
  EXPECT_EQ(notes_in(gateway), 1);
  EXPECT_NE(gateway.changes_by_others(), before);
}

TEST(Store, CanBeHeldAgainOnceTheFirstGatewayEnded) {
  StateFolder folder;
  { ASSERT_TRUE(Store(folder.options()).open()); }
  EXPECT_TRUE(Store(folder.options()).open());
}

TEST(Store, SetsADamagedFileAsideAndSaysSo) {
  StateFolder folder;
  std::filesystem::create_directories(folder.path());
  std::ofstream(folder.file()) << std::string(8192, 'x');
  Store store(folder.options());

  ASSERT_TRUE(store.change(note));

  EXPECT_EQ(notes_in(store), 1);
  EXPECT_THAT(folder.named("keypool.db.damaged"),
              ElementsAre("keypool.db.damaged-20261124T130000Z"));
  ASSERT_THAT(folder.warnings, SizeIs(1));
  EXPECT_THAT(folder.warnings[0], HasSubstr("set aside as"));
}

TEST(Store, SetsAFileAsideWhoseInsideIsDamaged) {
  StateFolder folder;
  {
    Store store(folder.options());
    ASSERT_TRUE(store.change([](Database& database) {
      return database.run(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
          "INSERT INTO sticky SELECT 'openai', 'file-' || i, 'K', i FROM n");
    }));
  }
  {
    std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 20);
    file << std::string(4096 * 8, '\xFF');
  }
  Store store(folder.options());
  const auto opened = store.open();
  EXPECT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(notes_in(store), 0);
  EXPECT_THAT(folder.named("keypool.db.damaged"), SizeIs(1));
}

TEST(Store, ACommandLeavesADamagedFileWhereItIs) {
  StateFolder folder;
  std::filesystem::create_directories(folder.path());
  std::ofstream(folder.file()) << std::string(8192, 'x');
  Store store(folder.options(StoreOptions::Use::command));
  EXPECT_FALSE(store.open());
  EXPECT_THAT(folder.named("keypool.db.damaged"), IsEmpty());
}

TEST(Store, RefusesAFileOfANewerVersion) {
  StateFolder folder;
  {
    Store store(folder.options());
    ASSERT_TRUE(store.open());
  }
  ASSERT_TRUE(Database::open(folder.file())->run("PRAGMA user_version = 99"));

  const auto opened = Store(folder.options()).open();

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StoreError::Kind::newer);
  EXPECT_THAT(opened.error().message, HasSubstr("its format is version 99"));
  EXPECT_THAT(folder.named("keypool.db.damaged"), IsEmpty());
}

TEST(Store, BeginsAFreshFileWhereTheOldOneWasRemoved) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_TRUE(store.change(note));
  std::filesystem::remove_all(folder.path());

  ASSERT_TRUE(store.change(note));

  EXPECT_EQ(notes_in(store), 1);
  EXPECT_TRUE(std::filesystem::exists(folder.file()));
  ASSERT_THAT(folder.warnings, SizeIs(1));
  EXPECT_THAT(folder.warnings[0], HasSubstr("was removed while it was in use"));
}

TEST(Store, CountsItsOpenings) {
  StateFolder folder;
  Store store(folder.options());
  EXPECT_EQ(store.opening(), 0u);
  ASSERT_TRUE(store.change(note));
  ASSERT_TRUE(store.change([](Database& database) { return database.run("DELETE FROM sticky"); }));
  EXPECT_EQ(store.opening(), 1u);

  std::filesystem::remove(folder.file());
  ASSERT_TRUE(store.change(note));

  EXPECT_EQ(store.opening(), 2u);
}

TEST(Store, WorksOnceItsFolderDoes) {
  StateFolder folder;
  std::ofstream(folder.path()) << "a file where the folder should be";
  Store store(folder.options());
  const auto done = store.change(note);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, StoreError::Kind::unavailable);

  std::filesystem::remove(folder.path());

  EXPECT_TRUE(store.change(note));
}

class Migration : public testing::Test {
 protected:
  std::expected<void, state::SchemaError> migrate(std::span<const std::string_view> steps) {
    auto database = Database::open(path_);
    return state::migrate(*database, steps, [this](std::int64_t version) {
      return folder_.path() / ("copy-of-" + std::to_string(version));
    });
  }
  std::int64_t number(const std::string& path, const char* sql) {
    return Database::open(path)->number(sql).value_or(-1);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() / "some.db";
};

TEST_F(Migration, TakesEachStepOnceAndInOrder) {
  constexpr std::array<std::string_view, 2> kSteps{"CREATE TABLE a (x)",
                                                   "INSERT INTO a VALUES (1)"};
  ASSERT_TRUE(migrate(std::span(kSteps).first(1)));
  ASSERT_TRUE(migrate(kSteps));
  ASSERT_TRUE(migrate(kSteps));
  EXPECT_EQ(number(path_, "SELECT count(*) FROM a"), 1);
  EXPECT_EQ(number(path_, "PRAGMA user_version"), 2);
}

TEST_F(Migration, MakesACopyBeforeAStep) {
  constexpr std::array<std::string_view, 2> kSteps{"CREATE TABLE a (x)",
                                                   "INSERT INTO a VALUES (1)"};
  ASSERT_TRUE(migrate(std::span(kSteps).first(1)));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "copy-of-0"));
  ASSERT_TRUE(migrate(kSteps));
  EXPECT_EQ(number(folder_.path() / "copy-of-1", "SELECT count(*) FROM a"), 0);
  EXPECT_EQ(number(folder_.path() / "copy-of-1", "PRAGMA user_version"), 1);
}

TEST(Store, OfAFreshFileNoCopyIsMade) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_TRUE(store.open());
  EXPECT_THAT(folder.named("keypool.db.v"), IsEmpty());
}

TEST_F(Migration, ToTheStandingOfKeysKeepsWhatAnOperatorDisabled) {
  ASSERT_TRUE(migrate(state::migrations().first(1)));
  ASSERT_TRUE(Database::open(path_)->run(
      "INSERT INTO key_condition VALUES ('openai', 'A', 'disabled', 'by an operator', NULL),"
      "('openai', 'B', 'cooling', 'rate limit', 1)"));

  ASSERT_TRUE(migrate(state::migrations()));

  EXPECT_EQ(number(path_,
                   "SELECT count(*) FROM standing WHERE key = 'A' AND "
                   "found = '{\"disabled\":true}'"),
            1);
  EXPECT_EQ(number(path_, "SELECT count(*) FROM standing"), 1);
}

TEST_F(Migration, ThatFailsLeavesTheFileAsItWas) {
  constexpr std::array<std::string_view, 2> kSteps{
      "CREATE TABLE a (x)", "INSERT INTO a VALUES (1); INSERT INTO no_such_table VALUES (1)"};
  ASSERT_TRUE(migrate(std::span(kSteps).first(1)));
  EXPECT_FALSE(migrate(kSteps));
  EXPECT_EQ(number(path_, "SELECT count(*) FROM a"), 0);
  EXPECT_EQ(number(path_, "PRAGMA user_version"), 1);
}

TEST(StateFolderPath, FollowsTheXdgConvention) {
  EXPECT_EQ(state::usual_folder("/x", "/home/me"), "/x/keypool");
  EXPECT_EQ(state::usual_folder("", "/home/me"), "/home/me/.local/state/keypool");
  EXPECT_EQ(state::usual_folder("", ""), "");
}

}  // namespace
}  // namespace keypool::test
