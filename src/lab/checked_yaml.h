#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace keypool::lab {

/// What is wrong with a file, one line a mistake.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(const YAML::Mark& mark, std::string_view path, std::string_view what);
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string file_;
  std::string text_;
};

/// A place in the file: its value, and how to name it in a complaint.
struct Place {
  YAML::Node node;
  std::string path;
  Problems* problems;

  void complain(std::string_view what) const { problems->add(node.Mark(), path, what); }
};

void read(const Place& place, std::string& out);
void read(const Place& place, std::uint64_t& out);
void read(const Place& place, double& out);
void read(const Place& place, std::chrono::milliseconds& out);

/// The items of a list, or of a place that holds one item alone.
[[nodiscard]] std::vector<Place> items_of(const Place& list);
/// The items of a list; a complaint and none when it is not one.
[[nodiscard]] std::vector<Place> list_at(const Place& list);

/// One of the words that `choices` gives a meaning.
template <typename Choice>
using Words = std::vector<std::pair<std::string_view, Choice>>;

template <typename Choice>
void read_word(const Place& place, const Words<Choice>& words, Choice& out) {
  const std::string word = place.node.IsScalar() ? place.node.Scalar() : std::string{};
  const auto known = std::find_if(words.begin(), words.end(),
                                  [&](const auto& candidate) { return candidate.first == word; });
  if (known != words.end()) {
    out = known->second;
    return;
  }
  std::string expected = "expected one of";
  for (const auto& [name, choice] : words) expected.append(" ").append(name);
  place.complain(expected);
}

/// The fields of an object. Complains in `finish` of those that nobody asked for.
class Fields {
 public:
  explicit Fields(const Place& object);

  [[nodiscard]] std::optional<Place> find(std::string_view name);

  /// Reads the field into `out`, if it is there.
  template <typename Value>
  bool read_into(std::string_view name, Value& out) {
    const auto place = find(name);
    if (place) read(*place, out);
    return place.has_value();
  }

  /// As `read_into`, with a complaint when it is not there.
  template <typename Value>
  void require(std::string_view name, Value& out) {
    if (!read_into(name, out)) object_.complain("the field " + std::string(name) + " is missing");
  }

  void finish() const;

 private:
  Place object_;
  std::vector<std::string> asked_;
};

}  // namespace keypool::lab
