// Secrets never stand in the file, and no message repeats one.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace keypool::config {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kOpenAiKey = "sk-proj-MARKERa1B2c3D4e5F6g7H8i9J0k1L2m3N4";
const std::string kAnthropicKey = "sk-ant-api03-MARKERa1B2c3D4e5F6g7H8i9J0k1L2m3N4";
const std::string kMistralKey = "MARKER8ZkT2vX9bLw4RnY7cHd1GfJ5mP";

struct Row {
  const char* name;
  std::string yaml;
  const char* place_and_field;
  const char* advice;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string file(const std::string& endpoint) {
  return "endpoints:\n  - { base_url: \"https://a\", dialect: openai, " + endpoint + " }\n";
}

class MisplacedSecret : public testing::TestWithParam<Row> {};

TEST_P(MisplacedSecret, IsRefusedOnceWithTheWayToStoreIt) {
  const auto config = parse(GetParam().yaml, "k.yaml");

  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 1u);
  const auto message = config.error()[0].message();
  EXPECT_THAT(message, HasSubstr(GetParam().place_and_field));
  EXPECT_THAT(message, HasSubstr(GetParam().advice));
  EXPECT_THAT(message, Not(HasSubstr("MARKER")));
}

constexpr const char* kAsOpenAi =
    "looks like an OpenAI key. Secrets never stand in this file: put it into the environment or "
    "~/.car/env as OPENAI_API_KEY=…, and list the name OPENAI_API_KEY under `keys`";

INSTANTIATE_TEST_SUITE_P(
    Places, MisplacedSecret,
    testing::Values(
        Row{"AsAKey", file("name: a, keys: [" + kOpenAiKey + "]"),
            "k.yaml:2:63: endpoints[0].keys[0]: ", kAsOpenAi},
        Row{"AsTheNameOfAKey", file("name: a, keys: [{ name: " + kOpenAiKey + " }]"),
            "endpoints[0].keys[0].name: ", kAsOpenAi},
        Row{"InsteadOfTheList", file("name: a, keys: " + kOpenAiKey),
            "endpoints[0].keys: ", kAsOpenAi},
        Row{"InAList", file("name: a, keys: [\"" + kOpenAiKey + "," + kOpenAiKey + "\"]"),
            "endpoints[0].keys[0]: ", kAsOpenAi},
        Row{"UnderAFieldOfOtherGateways", file("name: a, keys: none, api_key: " + kAnthropicKey),
            "endpoints[0].api_key: ",
            "looks like an Anthropic key. Secrets never stand in this file"},
        Row{"AsAFieldsName", file("name: a, keys: none, " + kOpenAiKey + ": x"),
            "endpoints[0].(a secret): ", kAsOpenAi},
        Row{"InAUrl",
            "endpoints: [{ name: a, dialect: gemini, keys: none, base_url: "
            "\"https://a/?key=AIzaMARKERa1B2c3D4e5F6g7H8i9J0k1L2m3N\" }]",
            "endpoints[0].base_url: ", "looks like a Google key"},
        Row{"AsTheEndpointsName", file("keys: none, name: " + kOpenAiKey),
            "endpoints[0].name: ", kAsOpenAi},
        Row{"WithoutAShapeAsAKey", file("name: a, keys: [" + kMistralKey + "]"),
            "endpoints[0].keys[0]: ",
            "looks like a secret. Secrets never stand in this file: put it into the environment or "
            "~/.car/env as TEAM_KEY=…, and list the name TEAM_KEY under `keys`"},
        Row{"WithoutAShapeAsAGroup",
            file("name: a, keys: [{ name: K, group: " + kMistralKey + " }]"),
            "endpoints[0].keys[0].group: ", "looks like a secret"},
        Row{"WithoutAShapeInsteadOfTheList", file("name: a, keys: " + kMistralKey),
            "endpoints[0].keys: ", "got what looks like a secret"},
        Row{"WithoutAShapeAsADuration", file("name: a, keys: none, cooldown: " + kMistralKey),
            "endpoints[0].cooldown: ", "got what looks like a secret"}),
    [](const auto& row) { return row.param.name; });

TEST(MisplacedSecret, IsNotRepeatedWhereTheFileIsNoYaml) {
  for (const std::string& text :
       {"keys: [" + kOpenAiKey, kOpenAiKey + ": : :", "a: @" + kOpenAiKey, "a: *" + kOpenAiKey,
        "a: \"\\" + kOpenAiKey + "\"", "a: !" + kOpenAiKey + " b", "%" + kOpenAiKey + "\n---\n"}) {
    const auto config = parse(text, "k.yaml");
    ASSERT_FALSE(config.has_value());
    for (const Problem& problem : config.error()) {
      EXPECT_THAT(problem.message(), Not(HasSubstr("MARKER")));
    }
  }
}

}  // namespace
}  // namespace keypool::config
