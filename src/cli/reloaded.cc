#include "cli/reloaded.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/figures.h"
#include "cli/terminal.h"

namespace keypool::cli {
namespace {

using nlohmann::json;

json names_json(const std::vector<config::KeyName>& names) {
  json list = json::array();
  for (const auto& [endpoint, key] : names) list.push_back({{"endpoint", endpoint}, {"name", key}});
  return list;
}

json kept_json(const std::vector<config::ResolvedKey>& kept) {
  json list = json::array();
  for (const auto& key : kept) {
    list.push_back({{"endpoint", key.endpoint}, {"name", key.name}, {"why", key.places}});
  }
  return list;
}

json endpoints_json(const config::ConfigChanges& changes) {
  json changed = json::array();
  for (const auto& [name, fields] : changes.changed) {
    changed.push_back({{"name", name}, {"fields", fields}});
  }
  return {{"added", changes.added}, {"removed", changes.removed}, {"changed", std::move(changed)}};
}

// More than these would scroll the beginning away; the JSON has all of them.
constexpr std::size_t kMostLines = 20;

/// Lines of one kind: `  key openai/A added`.
class Lines {
 public:
  template <class... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    if (++count_ > kMostLines) return;
    text_ += "  " + printable(fmt::format(format, std::forward<Parts>(parts)...)) + '\n';
  }

  [[nodiscard]] std::string text() const {
    if (count_ <= kMostLines) return text_;
    return text_ + fmt::format("  and {} more\n", count_ - kMostLines);
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

std::string text_of(const json& value) { return value.get<std::string>(); }

std::string joined(const json& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : ", ") + text_of(item);
  return text;
}

/// `2 keys added, 1 removed`, `nothing changed`
std::string summary(const json& answer) {
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what, std::string_view how) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counted(count, what), how);
  };
  for (const char* const how : {"added", "removed", "changed"}) {
    add(answer["endpoints"][how].size(), "endpoint", how);
  }
  add(answer["keys"]["added"].size(), "key", "added");
  add(answer["keys"]["removed"].size(), "key", "removed");
  add(answer["keys"]["replaced"].size(), "key", "with another secret");
  add(answer["keys"]["changed"].size(), "key", "changed");
  if (!answer["changed"].empty()) {
    text += fmt::format("{}{} changed", text.empty() ? "" : ", ", joined(answer["changed"]));
  }
  return text.empty() ? "nothing changed" : text;
}

}  // namespace

json reloaded_json(const Reloaded& reloaded) {
  if (!reloaded.good()) {
    return {{"error",
             {{"code", "not_reloaded"},
              {"message", fmt::format("{}; the configuration before stays in force",
                                      counted(reloaded.problems.size(), "problem"))}}},
            {"problems", reloaded.problems}};
  }
  const auto& [config, keys] = std::tie(reloaded.config, reloaded.keys);
  return {{"endpoints", endpoints_json(config)},
          {"keys",
           {{"added", names_json(keys.added)},
            {"removed", names_json(keys.removed)},
            {"replaced", names_json(keys.replaced)},
            {"changed", names_json(keys.changed)},
            {"kept", kept_json(keys.kept)}}},
          {"changed", config.others},
          {"need_restart", config.need_restart}};
}

std::string reloaded_text(const json& answer) {
  Lines endpoints;
  for (const char* const how : {"added", "removed"}) {
    for (const auto& name : answer["endpoints"][how]) {
      endpoints.add("endpoint {} {}", text_of(name), how);
    }
  }
  for (const auto& endpoint : answer["endpoints"]["changed"]) {
    endpoints.add("endpoint {}: {} changed", text_of(endpoint["name"]), joined(endpoint["fields"]));
  }
  Lines keys;
  const auto ways = std::to_array<std::pair<const char*, const char*>>(
      {{"added", "added"},
       {"removed", "removed; its last calls may end"},
       {"replaced", "has another secret"},
       {"changed", "is used in another way"}});
  for (const auto& [field, how] : ways) {
    for (const auto& key : answer["keys"][field]) {
      keys.add("key {}/{} {}", text_of(key["endpoint"]), text_of(key["name"]), how);
    }
  }
  Lines kept;
  for (const auto& key : answer["keys"]["kept"]) {
    kept.add("key {}/{} keeps its secret, for there is none now: {}", text_of(key["endpoint"]),
             text_of(key["name"]), joined(key["why"]));
  }
  Lines later;
  for (const auto& field : answer["need_restart"]) {
    later.add("{} cannot change while keypool runs: it will at the next start", text_of(field));
  }
  return fmt::format("Reloaded: {}.\n{}{}{}{}", summary(answer), endpoints.text(), keys.text(),
                     kept.text(), later.text());
}

}  // namespace keypool::cli
