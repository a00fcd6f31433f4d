#include "secrets/car_env_now.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "secrets/environment.h"
#include "tests/secrets/scoped_environment.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::secrets {
namespace {

/// A process that read the file at its start, and reads it again.
class CarEnvAgain : public testing::Test {
 protected:
  CarEnvAgain() {
    environment_.set("HOME", home_.path());
    environment_.unset("CAR_ONE");
    environment_.unset("CAR_TWO");
    environment_.set("CAR_GIVEN", "sk-given");
  }

  void write(std::string_view content) { home_.write(".car/env", content); }
  void load() {
    load_car_env([](std::string_view) {});
  }
  [[nodiscard]] static std::string now(std::string_view name) {
    const CarEnvNow source(system_secret_source(), [](std::string_view) {});
    const auto found = source.resolve(name);
    return found ? std::string(found->value.reveal()) : "none";
  }

  test::TemporaryFolder home_;
  test::ScopedEnvironment environment_;
};

TEST_F(CarEnvAgain, FindsWhatHasBeenAddedAndChanged) {
  write("CAR_ONE=sk-1\n");
  load();
  write("CAR_ONE=sk-one\nCAR_TWO=sk-2\n");

  EXPECT_EQ(now("CAR_ONE"), "sk-one");
  EXPECT_EQ(now("CAR_TWO"), "sk-2");
  EXPECT_EQ(variable("CAR_ONE"), "sk-1") << "the environment itself stays as it is";
}

TEST_F(CarEnvAgain, NeverOverridesWhatTheProcessWasGiven) {
  write("CAR_GIVEN=sk-file\n");
  load();
  EXPECT_EQ(now("CAR_GIVEN"), "sk-given");
}

TEST_F(CarEnvAgain, WhatIsGoneFromTheFileIsStillInTheEnvironment) {
  write("CAR_ONE=sk-1\n");
  load();
  write("");
  EXPECT_EQ(now("CAR_ONE"), "sk-1");
}

}  // namespace
}  // namespace keypool::secrets
