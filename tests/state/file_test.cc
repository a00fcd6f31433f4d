#include "state/file.h"

#include <filesystem>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/secrets/temporary_folder.h"

namespace keypool::state {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string content(const fs::path& path) { return read_text(path).value().value(); }

std::vector<fs::path> names_in(const fs::path& folder) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(ReplaceText, MakesTheFileAndItsFolders) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b" / "stats.json";

  ASSERT_TRUE(replace_text(path, "new").has_value());

  EXPECT_EQ(content(path), "new");
}

TEST(ReplaceText, LeavesNothingBesideTheFile) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("stats.json", "old");

  ASSERT_TRUE(replace_text(path, "new").has_value());

  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("stats.json"));
}

TEST(ReplaceText, ANewFileIsForItsOwnerAlone) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "stats.json";

  ASSERT_TRUE(replace_text(path, "new").has_value());

  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(ReplaceText, KeepsTheModeOfAnOldFile) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("stats.json", "old");
  fs::permissions(path, static_cast<fs::perms>(0640));

  ASSERT_TRUE(replace_text(path, "new").has_value());

  EXPECT_EQ(fs::status(path).permissions(), static_cast<fs::perms>(0640));
}

TEST(ReplaceText, WritesThroughASymbolicLink) {
  const test::TemporaryFolder folder;
  const auto target = folder.write("real/stats.json", "old");
  const auto link = folder.path() / "stats.json";
  fs::create_symlink(target, link);

  ASSERT_TRUE(replace_text(link, "new").has_value());

  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content(target), "new");
}

TEST(ReplaceText, AReaderThatHasTheOldFileOpenStillReadsItWhole) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("stats.json", "old");
  std::ifstream reader(path);

  ASSERT_TRUE(replace_text(path, "new").has_value());

  std::string seen;
  std::getline(reader, seen);
  EXPECT_EQ(seen, "old");
}

TEST(ReplaceText, FailsAndLeavesTheOldFileWhereItCannotBeReplaced) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "stats.json";
  fs::create_directories(path / "in the way");

  const auto replaced = replace_text(path, "new");

  ASSERT_FALSE(replaced.has_value());
  EXPECT_THAT(replaced.error(), HasSubstr("cannot be replaced: "));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("stats.json"));
}

TEST(ReplaceText, NamesAFolderThatCannotBeMade) {
  const test::TemporaryFolder folder;
  folder.write("file", "");

  const auto replaced = replace_text(folder.path() / "file" / "stats.json", "new");

  ASSERT_FALSE(replaced.has_value());
  EXPECT_THAT(replaced.error(), HasSubstr("cannot make the folder "));
}

TEST(ReadText, AFileThatIsNotThereIsNoError) {
  const test::TemporaryFolder folder;

  EXPECT_EQ(read_text(folder.path() / "absent").value(), std::nullopt);
}

TEST(ReadText, AFolderIsRefused) {
  const test::TemporaryFolder folder;

  EXPECT_EQ(read_text(folder.path()).error(), "not a regular file");
}

TEST(FileLock, HoldersTakeTurns) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "number";
  ASSERT_TRUE(replace_text(path, "0").has_value());

  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        const auto lock = FileLock::take(path).value();
        ASSERT_TRUE(replace_text(path, std::to_string(std::stoi(content(path)) + 1)).has_value());
      }
    });
  }
  threads.clear();

  EXPECT_EQ(content(path), "100");
}

TEST(FileLock, NamesTheLockItCannotOpen) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder.path() / "stats.json.lock");

  const auto lock = FileLock::take(folder.path() / "stats.json");

  ASSERT_FALSE(lock.has_value());
  EXPECT_THAT(lock.error(), HasSubstr("stats.json.lock: Is a directory"));
}

}  // namespace
}  // namespace keypool::state
