#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <keypool/secret_source.h>

#include "secrets/environment.h"
#include "tests/secrets/scoped_environment.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CarEnv : public testing::Test {
 protected:
  CarEnv() {
    environment_.set("HOME", home_.path());
    for (const char* name : {"CAR_ONE", "CAR_TWO", "CAR_THREE"}) environment_.unset(name);
  }

  int load() {
    return load_car_env([this](std::string_view text) { problems_.emplace_back(text); });
  }

  test::TemporaryFolder home_;
  test::ScopedEnvironment environment_;
  std::vector<std::string> problems_;
};

TEST_F(CarEnv, SetsTheVariablesOfTheFile) {
  home_.write(".car/env",
              "\xEF\xBB\xBF# keys\r\nexport CAR_ONE=sk-1\r\n\r\nCAR_TWO=\"sk-2,sk-3\"\r\n"
              "CAR_THREE='sk-4'");

  EXPECT_EQ(load(), 3);

  EXPECT_EQ(secrets::variable("CAR_ONE"), "sk-1");
  EXPECT_EQ(secrets::variable("CAR_TWO"), "sk-2,sk-3");
  EXPECT_EQ(secrets::variable("CAR_THREE"), "sk-4");
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(CarEnv, NeverOverridesWhatIsSet) {
  environment_.set("CAR_ONE", "sk-mine");
  environment_.set("CAR_TWO", "");
  home_.write(".car/env", "CAR_ONE=sk-file\nCAR_TWO=sk-file\nCAR_THREE=sk-file\n");

  EXPECT_EQ(load(), 1);

  EXPECT_EQ(secrets::variable("CAR_ONE"), "sk-mine");
  EXPECT_EQ(secrets::variable("CAR_TWO"), "");
  EXPECT_EQ(secrets::variable("CAR_THREE"), "sk-file");
}

TEST_F(CarEnv, OfTwoLinesForOneVariableTheLaterCounts) {
  home_.write(".car/env", "CAR_ONE=sk-old\nCAR_ONE=sk-new\n");

  EXPECT_EQ(load(), 1);

  EXPECT_EQ(secrets::variable("CAR_ONE"), "sk-new");
}

TEST_F(CarEnv, ReportsLinesItCannotReadAndGoesOn) {
  const auto file =
      home_.write(".car/env", "CAR_ONE=sk-1\nsk-lost-its-name\nCAR_TWO=sk-2\n").native();

  EXPECT_EQ(load(), 2);

  EXPECT_THAT(problems_, ElementsAre(file + ":2: no `=`; expected NAME=value"));
}

TEST_F(CarEnv, AFileThatIsNotThereSetsNothing) {
  EXPECT_EQ(load(), 0);
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(CarEnv, AFolderInItsPlaceIsReported) {
  std::filesystem::create_directories(home_.path() / ".car" / "env");

  EXPECT_EQ(load(), 0);

  EXPECT_THAT(problems_,
              ElementsAre((home_.path() / ".car" / "env").native() + ": a folder, not a file"));
}

TEST_F(CarEnv, WhatItSetsIsFoundAsASecret) {
  home_.write(".car/env", "CAR_ONE=sk-1\n");
  load();

  EXPECT_EQ(system_secret_source().resolve("CAR_ONE")->value.reveal(), "sk-1");
}

}  // namespace
}  // namespace keypool
