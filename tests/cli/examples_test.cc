// The examples for the gateway run as their reader would run them, over the demo.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class Examples : public testing::Test {
 protected:
  Examples() : served_(keypool_.serve()) {
    base_url_ = served_.wait_for("calls  (http://127\\.0\\.0\\.1:\\d+)") + "/demo/v1";
    served_.wait_for("Try it:");
  }

  Program run(std::vector<std::string> command, const std::string& example) {
    command.push_back(std::string(KEYPOOL_EXAMPLES_FOLDER) + "/" + example);
    command.push_back(base_url_);
    return Program(command, keypool_.environment());
  }

  Keypool keypool_;
  Program served_;
  std::string base_url_;
};

TEST_F(Examples, CurlShowsAWholeAndAStreamedAnswerAndWhoServedIt) {
  auto example = run({"bash"}, "curl.sh");
  EXPECT_EQ(example.wait(), 0) << example.err();
  EXPECT_THAT(example.out(), HasSubstr("\"choices\""));
  EXPECT_THAT(example.out(), HasSubstr("data: [DONE]"));
  EXPECT_THAT(example.out(), ContainsRegex("x-keypool-endpoint: demo"));
}

TEST_F(Examples, PythonPrintsTheAnswerAndTheKeysName) {
  auto example = run({"python3"}, "python/chat.py");
  EXPECT_EQ(example.wait(), 0) << example.err();
  EXPECT_THAT(example.out(), ContainsRegex("served by .+"));
}

}  // namespace
}  // namespace keypool::test
