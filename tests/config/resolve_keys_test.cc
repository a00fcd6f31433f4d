#include "config/resolve_keys.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/fake_secrets.h"

namespace keypool::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class ResolveKeys : public testing::Test {
 protected:
  std::vector<Resolution> resolved(std::vector<Key> keys) {
    Config config;
    config.endpoints.emplace_back().name = "openai";
    config.endpoints.back().keys = std::move(keys);
    return resolve_keys(config, secrets_);
  }

  static Key key(std::string name, std::vector<std::string> command = {}) {
    Key one;
    one.name = std::move(name);
    one.command = std::move(command);
    return one;
  }

  test::FakeSecrets secrets_{{{"ONE", "sk-1"}, {"VAULT_KEY", "sk-of-the-environment"}}};
};

TEST_F(ResolveKeys, ACommandGivesTheValueWhateverTheNameStandsForElsewhere) {
  const auto all = resolved({key("VAULT_KEY", {"printf", "sk-a,sk-b"})});

  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].told.origin, "command printf");
  ASSERT_THAT(all[0].keys, SizeIs(2));
  EXPECT_EQ(all[0].keys[1].name, "VAULT_KEY[1]");
  EXPECT_EQ(all[0].keys[1].secret.reveal(), "sk-b");
}

TEST_F(ResolveKeys, ACommandThatFailsIsNamedAndTheOthersGoOn) {
  const auto all = resolved({key("VAULT_KEY", {"false", "marker-argument"}), key("ONE")});

  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(all[0].keys, IsEmpty());
  ASSERT_THAT(all[0].told.places, SizeIs(1));
  EXPECT_THAT(all[0].told.places[0], AllOf(HasSubstr("command false: exit code 1"),
                                           HasSubstr("keypool reload"), Not(HasSubstr("marker"))));
  EXPECT_EQ(all[1].told.keys, 1u);
}

TEST_F(ResolveKeys, ManyCommandsKeepTheOrderOfTheConfiguration) {
  std::vector<Key> keys;
  for (int i = 0; i < 40; ++i) {
    keys.push_back(key("K" + std::to_string(i), {"printf", "sk-" + std::to_string(i)}));
  }

  const auto all = resolved(std::move(keys));

  ASSERT_THAT(all, SizeIs(40));
  for (int i = 0; i < 40; ++i) {
    ASSERT_THAT(all[static_cast<std::size_t>(i)].keys, SizeIs(1));
    EXPECT_EQ(all[static_cast<std::size_t>(i)].keys[0].secret.reveal(), "sk-" + std::to_string(i));
  }
}

TEST_F(ResolveKeys, ANameThatIsNotFoundTellsWhereItWasLookedFor) {
  EXPECT_THAT(resolved({key("ABSENT")}).at(0).told.places,
              ElementsAre("ABSENT in memory: not there"));
}

}  // namespace
}  // namespace keypool::config
