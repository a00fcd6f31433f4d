#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/secrets/scoped_environment.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::config {
namespace {

class FindFile : public testing::Test {
 protected:
  FindFile() {
    environment_.set("HOME", home_.path());
    environment_.unset("KEYPOOL_CONFIG");
    environment_.unset("XDG_CONFIG_HOME");
  }

  test::TemporaryFolder home_;
  test::ScopedEnvironment environment_;
};

TEST_F(FindFile, TheFlagWins) {
  environment_.set("KEYPOOL_CONFIG", "/from/the/environment.yaml");

  EXPECT_EQ(find_file("given.yaml"), "given.yaml");
}

TEST_F(FindFile, ThenTheVariableEvenWhenNoFileIsThere) {
  home_.write(".config/keypool/keypool.yaml", "");
  environment_.set("KEYPOOL_CONFIG", "/from/the/environment.yaml");

  EXPECT_EQ(find_file(std::nullopt), "/from/the/environment.yaml");
}

TEST_F(FindFile, ThenTheUsersConfigurationFolder) {
  const auto in_home = home_.write(".config/keypool/keypool.yaml", "");
  EXPECT_EQ(find_file(std::nullopt), in_home);

  const auto in_xdg = home_.write("xdg/keypool/keypool.yaml", "");
  environment_.set("XDG_CONFIG_HOME", home_.path() / "xdg");
  EXPECT_EQ(find_file(std::nullopt), in_xdg);
}

TEST_F(FindFile, ARelativeConfigurationFolderDoesNotCount) {
  const auto in_home = home_.write(".config/keypool/keypool.yaml", "");
  environment_.set("XDG_CONFIG_HOME", "relative");

  EXPECT_EQ(find_file(std::nullopt), in_home);
}

TEST_F(FindFile, WithoutAFileThereIsNone) {
  environment_.set("KEYPOOL_CONFIG", "");

  EXPECT_EQ(find_file(std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace keypool::config
