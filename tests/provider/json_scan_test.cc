// What stands where in a JSON text, whichever way it is cut.
#include "provider/json_scan.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/provider/pieces.h"

namespace keypool::provider {
namespace {

using testing::ElementsAre;

std::string spelled(Path path) {
  std::string out;
  for (int level = kPathDepth - 1; level >= 0; --level) {
    const Word one = last_word(path >> (8 * level));
    if (one == 0) continue;
    out += fmt::format("{}{}", out.empty() ? "" : ".",
                       one < std::size(kWords) ? kWords[one] : std::string_view("…"));
  }
  return out;
}

struct Trace : JsonSink {
  void open(Path path, char bracket, std::uint64_t offset) {
    lines.push_back(fmt::format("{} {} @{}", spelled(path), bracket, offset));
  }
  void close(Path path, char bracket, std::uint64_t offset) {
    lines.push_back(fmt::format("{} {} @{}", spelled(path), bracket, offset));
  }
  void string(Path path, const JsonText& text) {
    lines.push_back(fmt::format("{} '{}' {}", spelled(path),
                                text.head.substr(0, JsonScan::kKeptBytes), text.bytes));
  }
  void scalar(Path path, std::string_view token, std::uint64_t offset) {
    lines.push_back(fmt::format("{} {} @{}", spelled(path), token, offset));
  }

  std::vector<std::string> lines;
};

std::vector<std::string> trace(const std::vector<std::string_view>& pieces) {
  Trace sink;
  JsonScan scan;
  for (const std::string_view piece : pieces) scan.feed(piece, sink);
  scan.finish(sink);
  return sink.lines;
}

TEST(JsonScan, TellsPathsAndOffsets) {
  EXPECT_THAT(trace({R"({"model":"m", "other":[1,{"usage":null}]})"}),
              ElementsAre(" { @0", "model 'm' 1", "? [ @22", "?.[] 1 @23", "?.[] { @25",
                          "?.[].usage null @34", "?.[] } @38", "? ] @39", " } @40"));
}

TEST(JsonScan, AnUnknownNameHidesNothingBehindAKnownOne) {
  EXPECT_THAT(
      trace({R"({"x":{"model":"no"},"model":"yes"})"}),
      ElementsAre(" { @0", "? { @5", "?.model 'no' 2", "? } @18", "model 'yes' 3", " } @33"));
}

TEST(JsonScan, ARootArrayIsItsElementsInARow) {
  EXPECT_THAT(trace({R"([{"n":1},{"n":2}])"}),
              ElementsAre(" { @1", "n 1 @6", " } @7", " { @9", "n 2 @14", " } @15"));
}

TEST(JsonScan, FindsItsWayBackFromDeepNesting) {
  std::string text = R"({"usage":)";
  for (int i = 0; i < 50; ++i) text += R"({"model":[)";
  for (int i = 0; i < 50; ++i) text += "]}";
  text += R"(,"model":"m"})";

  EXPECT_THAT(trace({text}), testing::Contains("model 'm' 1").Times(1));
}

TEST(JsonScan, AStringIsANameOnlyBeforeAColon) {
  EXPECT_THAT(trace({R"({"model" : "model"})"}), ElementsAre(" { @0", "model 'model' 5", " } @18"));
}

TEST(JsonScan, KeepsTheBeginningOfALongStringAndItsLength) {
  const std::string text = R"({"text":")" + std::string(1000, 'x') + "\"}";
  const auto lines = trace(one_byte_pieces(text));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], "text '" + std::string(JsonScan::kKeptBytes, 'x') + "' 1000");
}

TEST(JsonScan, HandsOverWhatACutTextEndsWith) {
  EXPECT_THAT(trace({R"({"text":"half)"}), ElementsAre(" { @0", "text 'half' 4"));
  EXPECT_THAT(trace({R"({"n":12)"}), ElementsAre(" { @0", "n 12 @5"));
}

TEST(JsonScan, SurvivesWhatIsNoJson) {
  for (const auto* text : {"]]}}", "{{{{", "\"", "\\", ":::", ",,,", "<html>", "{\"a\" \"b\" 1 2}",
                           "\"model\":1", "[[[[", "{]", "nulltruefalse"}) {
    EXPECT_EQ(trace({text}), trace(one_byte_pieces(text))) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(trace({"{\"a\0b\":\0}"sv}), trace(one_byte_pieces("{\"a\0b\":\0}"sv)));
}

TEST(JsonScan, CutsMakeNoDifference) {
  rc::check([] {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::weightedOneOf<char>({{4, rc::gen::elementOf(std::string("\"\"{}[]:,\\ \n"))},
                                      {1, rc::gen::elementOf(std::string("model1"))}}));
    RC_ASSERT(trace({text}) == trace(random_pieces(text)));
  });
}

TEST(JsonText, TakesEscapesOff) {
  const auto unescaped = [](std::string_view text) {
    return JsonText{text, text.size(), true}.unescaped();
  };
  EXPECT_EQ(unescaped(R"(a\"b\\c\/d\n\r\t\b\f)"), "a\"b\\c/d\n\r\t\b\f");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "Aé€😀");
  EXPECT_EQ(unescaped(R"(\ud83d)"), "\xEF\xBF\xBD");
  EXPECT_EQ(unescaped(R"(\ud83d\u0041)"),
            "\xEF\xBF\xBD"
            "A");
  EXPECT_EQ(unescaped(R"(\u12)"), "u12");
  EXPECT_EQ(unescaped("x\\"), "x\\");
}

TEST(Words, AreFoundByName) {
  for (std::size_t i = kElement + 1; i < std::size(kWords); ++i) {
    EXPECT_EQ(find_word(kWords[i]), i) << kWords[i];
  }
  for (const auto* name : {"", "?", "[]", "Model", "model ", "usag", "usages"}) {
    EXPECT_EQ(find_word(name), kOtherName) << name;
  }
}

}  // namespace
}  // namespace keypool::provider
