#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <keypool/secret_source.h>

#include "tests/secrets/scoped_environment.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SystemSecretSource : public testing::Test {
 protected:
  SystemSecretSource() {
    environment_.unset("TEAM_KEY");
    environment_.unset("TEAM_KEY_FILE");
    environment_.unset("CREDENTIALS_DIRECTORY");
    environment_.unset("DBUS_SESSION_BUS_ADDRESS");
    environment_.unset("XDG_RUNTIME_DIR");
  }

  std::string why(std::size_t place) const { return source_.places("TEAM_KEY").at(place); }

  const SecretSource& source_ = system_secret_source();
  test::TemporaryFolder folder_;
  test::ScopedEnvironment environment_;
};

TEST_F(SystemSecretSource, ReadsTheEnvironmentFirst) {
  environment_.set("TEAM_KEY", "sk-from-the-environment");
  environment_.set("TEAM_KEY_FILE", folder_.write("key", "sk-from-a-file"));

  const auto found = source_.resolve("TEAM_KEY");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.reveal(), "sk-from-the-environment");
  EXPECT_EQ(found->origin, "environment");
}

TEST_F(SystemSecretSource, ThenTheFileNamedByAVariable) {
  const auto file = folder_.write("key", "sk-from-a-file\n");
  environment_.set("TEAM_KEY_FILE", file);
  environment_.set("CREDENTIALS_DIRECTORY", folder_.path());
  folder_.write("TEAM_KEY", "sk-from-credentials");

  const auto found = source_.resolve("TEAM_KEY");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.reveal(), "sk-from-a-file");
  EXPECT_EQ(found->origin, "file " + file.native() + " named by TEAM_KEY_FILE");
}

TEST_F(SystemSecretSource, ThenTheCredentialsDirectory) {
  environment_.set("CREDENTIALS_DIRECTORY", folder_.path());
  const auto file = folder_.write("TEAM_KEY", "sk-from-credentials");

  const auto found = source_.resolve("TEAM_KEY");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.reveal(), "sk-from-credentials");
  EXPECT_EQ(found->origin, "file " + file.native() + " in $CREDENTIALS_DIRECTORY");
}

TEST_F(SystemSecretSource, TellsEveryPlaceItLookedAt) {
  EXPECT_FALSE(source_.resolve("TEAM_KEY"));
  EXPECT_THAT(source_.places("TEAM_KEY"),
              ElementsAre("environment variable TEAM_KEY: not set",
                          "file named by TEAM_KEY_FILE: variable not set",
                          "file TEAM_KEY in $CREDENTIALS_DIRECTORY: variable not set",
                          "OS keychain, service car, account TEAM_KEY: no session bus"));
}

TEST_F(SystemSecretSource, PlacesSayWhereANameWasFound) {
  environment_.set("TEAM_KEY", "sk-value");

  EXPECT_EQ(why(0), "environment: found");
}

TEST_F(SystemSecretSource, APlaceThatCannotBeReadLeavesTheNextOnesTheirTurn) {
  environment_.set("TEAM_KEY", "");
  environment_.set("TEAM_KEY_FILE", folder_.path() / "absent");
  environment_.set("CREDENTIALS_DIRECTORY", folder_.path());
  folder_.write("TEAM_KEY", "sk-from-credentials");

  EXPECT_EQ(source_.resolve("TEAM_KEY")->value.reveal(), "sk-from-credentials");
  EXPECT_EQ(why(0), "environment variable TEAM_KEY: empty");
  EXPECT_THAT(why(1), HasSubstr("absent named by TEAM_KEY_FILE: No such file or directory"));
}

TEST_F(SystemSecretSource, NamesAFileVariableThatIsEmpty) {
  environment_.set("TEAM_KEY_FILE", "");

  EXPECT_EQ(why(1), "file named by TEAM_KEY_FILE: empty");
}

TEST_F(SystemSecretSource, NamesAFolderWhereAFileShouldBe) {
  environment_.set("TEAM_KEY_FILE", folder_.path());

  EXPECT_THAT(why(1), HasSubstr("a folder, not a file"));
}

TEST_F(SystemSecretSource, NamesAFileThatCannotBeOpened) {
  const auto loop = folder_.path() / "loop";
  std::filesystem::create_symlink(loop, loop);
  environment_.set("TEAM_KEY_FILE", loop);

  EXPECT_THAT(why(1), HasSubstr("Too many levels of symbolic links"));
}

TEST_F(SystemSecretSource, NamesAFileThatMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const auto file = folder_.write("key", "sk-1");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  environment_.set("TEAM_KEY_FILE", file);

  EXPECT_THAT(why(1), HasSubstr("Permission denied"));
}

TEST_F(SystemSecretSource, RefusesAFileOfOursThatOthersMayRead) {
  const auto file = folder_.write("key", "sk-1");
  environment_.set("TEAM_KEY_FILE", file);
  for (const unsigned mode : {0640u, 0604u, 0660u, 0644u}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_FALSE(source_.resolve("TEAM_KEY"));
    EXPECT_THAT(why(1), HasSubstr("others may read it"));
    EXPECT_THAT(why(1), HasSubstr("run: chmod 600 " + file.native()));
  }
  for (const unsigned mode : {0600u, 0400u}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_TRUE(source_.resolve("TEAM_KEY"));
  }
}

TEST_F(SystemSecretSource, RefusesAFileOfAnotherUser) {
  const auto file = folder_.write("key", "sk-1");
  if (::chown(file.c_str(), 12345, static_cast<gid_t>(-1)) != 0) {
    GTEST_SKIP() << "only root may give files away";
  }
  environment_.set("TEAM_KEY_FILE", file);

  EXPECT_FALSE(source_.resolve("TEAM_KEY"));
  EXPECT_THAT(why(1), HasSubstr("belongs to another user (number 12345)"));
}

TEST_F(SystemSecretSource, TakesWhatTheSystemHandsOverWhoeverMayReadIt) {
  const auto file = folder_.write("TEAM_KEY", "sk-1");
  ASSERT_EQ(::chmod(file.c_str(), 0444), 0);
  environment_.set("CREDENTIALS_DIRECTORY", folder_.path());

  EXPECT_TRUE(source_.resolve("TEAM_KEY"));
}

TEST_F(SystemSecretSource, NeverWaitsForAPipe) {
  const auto pipe = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  environment_.set("TEAM_KEY_FILE", pipe);

  EXPECT_THAT(why(1), HasSubstr("not a regular file"));
}

TEST_F(SystemSecretSource, RefusesAFileTooLargeForAnyList) {
  const auto file = folder_.write("key", "sk-1");
  std::filesystem::resize_file(file, 17 * 1024 * 1024);
  environment_.set("TEAM_KEY_FILE", file);

  EXPECT_THAT(why(1), HasSubstr("17825792 bytes long; at most 16777216 are read"));
}

TEST_F(SystemSecretSource, ANameNeverLeadsOutOfTheCredentialsDirectory) {
  environment_.set("CREDENTIALS_DIRECTORY", folder_.path() / "inside");
  folder_.write("inside/other", "sk-1");
  folder_.write("TEAM_KEY", "sk-1");

  EXPECT_FALSE(source_.resolve("../TEAM_KEY"));
  EXPECT_EQ(source_.places("../TEAM_KEY").at(2),
            "file in $CREDENTIALS_DIRECTORY: ../TEAM_KEY cannot name a file");
}

TEST_F(SystemSecretSource, NamesThatNoVariableCanHaveAreNotSet) {
  EXPECT_FALSE(source_.resolve(""));
  EXPECT_FALSE(source_.resolve("TEAM=KEY"));
  EXPECT_FALSE(source_.resolve(std::string_view("TEAM\0KEY", 8)));
}

TEST_F(SystemSecretSource, NoMessageEverHoldsAValue) {
  environment_.set("TEAM_KEY", "marker-\x01");
  environment_.set("TEAM_KEY_FILE", folder_.write("key", "marker-\x02"));
  environment_.set("CREDENTIALS_DIRECTORY", folder_.path());
  folder_.write("TEAM_KEY", "\"marker-");

  EXPECT_THAT(source_.places("TEAM_KEY"), testing::Each(testing::Not(HasSubstr("marker-"))));
}

}  // namespace
}  // namespace keypool
