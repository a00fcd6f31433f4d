#include "cli/foreign_config.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "cli/terminal.h"

namespace keypool::cli {
namespace {

using nlohmann::json;

/// A scalar as YAML means it; what is quoted is text.
json scalar_of(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text == "true" || text == "false") return text == "true";
  if (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  return text;
}

json as_json(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      json object = json::object();
      for (const auto& member : node) {
        if (member.first.IsScalar()) object[member.first.Scalar()] = as_json(member.second);
      }
      return object;
    }
    case YAML::NodeType::Sequence: {
      json list = json::array();
      for (const auto& item : node) list.push_back(as_json(item));
      return list;
    }
    case YAML::NodeType::Scalar:
      return scalar_of(node);
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      return nullptr;
  }
  return nullptr;
}

/// JSON is YAML, and YAML what is neither is null.
json parsed(const std::string& text) {
  json document = json::parse(text, nullptr, false);
  if (!document.is_discarded()) return document;
  try {
    return as_json(YAML::Load(text));
  } catch (const YAML::Exception&) {
    return nullptr;
  }
}

/// The list that an answer of an admin API wraps: in `data`, or in a page's `items`.
const json& unwrapped(const json& document) {
  for (const char* member : {"data", "items"}) {
    if (document.is_object() && document.contains(member)) return unwrapped(document.at(member));
  }
  return document;
}

bool all_have(const json& list, std::initializer_list<const char*> members) {
  return list.is_array() && !list.empty() && std::ranges::all_of(list, [&](const json& item) {
           return item.is_object() && std::ranges::all_of(members, [&](const char* member) {
                    return item.contains(member);
                  });
         });
}

/// One secret a line, and nothing else.
bool is_key_list(const std::string& text) {
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line(text.data() + at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    constexpr std::size_t kShortestKey = 16;
    const bool word = std::ranges::none_of(line, [](unsigned char c) { return c <= ' '; });
    if (!line.empty() && (!word || line.size() < kShortestKey)) return false;
    any = any || !line.empty();
    at = end + 1;
  }
  return any;
}

constexpr std::string_view kUnderstood =
    "a LiteLLM configuration (with `model_list`), gpt-load's groups as JSON and its key lists "
    "(keys-GROUP-STATUS.txt), or one-api's channels as JSON";

}  // namespace

std::string text_at(const json& object, const char* member) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  if (found == object.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return fmt::format("{}", found->get<double>());
  return {};
}

std::uint64_t count_at(const json& object, const char* member) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  if (found == object.end()) return 0;
  if (found->is_number()) {
    const double number = found->get<double>();
    return number > 0 && number < 1e15 ? static_cast<std::uint64_t>(number) : 0;
  }
  std::uint64_t number = 0;
  const std::string text = text_at(object, member);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::expected<Imported, std::string> read_foreign(const std::vector<ForeignFile>& files) {
  Imported imported;
  std::vector<const ForeignFile*> key_lists;
  const auto is_of = [&](const ForeignFile& file, const char* gateway) {
    const bool fits = imported.gateway.empty() || imported.gateway == gateway;
    imported.gateway = gateway;
    return fits ? std::string()
                : fmt::format("{} is {}'s, unlike the file before; import one gateway at a time",
                              file.name, gateway);
  };
  for (const ForeignFile& file : files) {
    const json document = parsed(file.text);
    const json& list = unwrapped(document);
    std::string trouble;
    if (document.is_object() && document.contains("model_list")) {
      trouble = is_of(file, "LiteLLM");
      read_litellm(document, imported);
    } else if (all_have(list, {"channel_type", "upstreams"})) {
      trouble = is_of(file, "gpt-load");
      read_gpt_load_groups(list, imported);
    } else if (all_have(list, {"type", "models"})) {
      trouble = is_of(file, "one-api");
      read_one_api(list, imported);
    } else if (is_key_list(file.text)) {
      trouble = is_of(file, "gpt-load");
      key_lists.push_back(&file);
    } else {
      trouble = fmt::format("{} is not understood; what is: {}", file.name, kUnderstood);
    }
    if (!trouble.empty()) return std::unexpected(std::move(trouble));
  }
  // Behind the groups, whatever the order: they tell where the keys belong.
  for (const ForeignFile* file : key_lists) read_gpt_load_keys(*file, imported);
  std::erase_if(imported.endpoints, [&](const ImportedEndpoint& endpoint) {
    if (endpoint.keyless || !endpoint.keys.empty()) return false;
    imported.leave_out("endpoint " + endpoint.name, "no key of it stood in the files");
    return true;
  });
  std::erase_if(imported.routes, [&](const auto& route) {
    return std::ranges::find(imported.endpoints, route.second, &ImportedEndpoint::name) ==
           imported.endpoints.end();
  });
  if (imported.endpoints.empty()) {
    std::string why = "nothing in it can be carried over";
    for (const LeftOut& one : imported.left_out)
      why += fmt::format("\n  {}: {}", printable(one.where), printable(one.why));
    return std::unexpected(std::move(why));
  }
  return imported;
}

}  // namespace keypool::cli
