#include "config/key_limits.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "config/fields.h"
#include "config/values.h"

namespace keypool::config {
namespace {

constexpr std::string_view kExpected = "a whole number above 0";
constexpr std::uint64_t kMost = 1'000'000'000'000'000;

template <Dimension Limited>
bool most(const YamlNode& node, keypool::Limits& limits, Problems&) {
  return read_count(node, 1, kMost, limits[Limited]);
}

using LimitField = Field<keypool::Limits>;

constexpr std::array kDimensionFields = {
    LimitField{"rpm", Presence::optional, kExpected, most<Dimension::requests_per_minute>},
    LimitField{"tpm", Presence::optional, kExpected, most<Dimension::tokens_per_minute>},
    LimitField{"input_tpm", Presence::optional, kExpected,
               most<Dimension::input_tokens_per_minute>},
    LimitField{"output_tpm", Presence::optional, kExpected,
               most<Dimension::output_tokens_per_minute>},
    LimitField{"rpd", Presence::optional, kExpected, most<Dimension::requests_per_day>},
    LimitField{"tpd", Presence::optional, kExpected, most<Dimension::tokens_per_day>},
};

/// A model's name, or the beginning of many.
struct Pattern {
  std::string_view text;  ///< without its `*`
  bool is_prefix;

  explicit Pattern(std::string_view model) : text(model), is_prefix(model.ends_with('*')) {
    if (is_prefix) text.remove_suffix(1);
  }

  /// Whether every model that `other` fits is fitted.
  [[nodiscard]] bool covers(const Pattern& other) const {
    return is_prefix ? other.text.starts_with(text) : text == other.text && !other.is_prefix;
  }

  [[nodiscard]] bool goes_before(const Pattern& other) const {
    if (is_prefix != other.is_prefix) return !is_prefix;
    return text.size() > other.text.size();
  }
};

bool is_pattern(std::string_view model) {
  constexpr std::size_t kMostBytes = 256;
  return !model.empty() && model.size() <= kMostBytes && !Pattern(model).text.contains('*');
}

void complete(std::vector<ModelLimits>& all) {
  std::ranges::stable_sort(all, [](const ModelLimits& a, const ModelLimits& b) {
    return Pattern(a.model).goes_before(Pattern(b.model));
  });
  for (auto one = all.begin(); one != all.end(); ++one) {
    for (auto wider = one + 1; wider != all.end(); ++wider) {
      if (!Pattern(wider->model).covers(Pattern(one->model))) continue;
      for (std::size_t i = 0; i < kDimensions; ++i) {
        if (one->limits.most[i] == 0) one->limits.most[i] = wider->limits.most[i];
      }
    }
  }
}

}  // namespace

bool read_key_limits(const YamlNode& node, Key& key, Problems& problems) {
  if (node.kind != YamlKind::map || node.children.empty()) return false;
  for (const YamlNode* child : node.children) {
    if (!is_pattern(child->name)) {
      problems.add_at_name(*child,
                           "expected a model's name, a prefix and `*`, or `*` for every model");
      continue;
    }
    ModelLimits limits{child->name, {}};
    read_map(*child, kDimensionFields, limits.limits, problems);
    key.options.limits.push_back(std::move(limits));
  }
  complete(key.options.limits);
  return true;
}

}  // namespace keypool::config
