#include "config/yaml_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <spanstream>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace keypool::config {
namespace {

constexpr std::size_t kMostDepth = 32;

/// The parser gives no place, -1, to some values that are not written.
Place place_of(const YAML::Mark& mark) {
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

/// Why the rest of the file is not worth reading.
struct Unreadable {
  Place place;
  std::string what;
};

/// The tags that the parser gives to values without one of their own.
constexpr std::string_view kPlain = "?";
constexpr std::string_view kQuoted = "!";

constexpr const char* kOpenQuote = "a quoted text without its closing quote";

std::string not_yaml(std::string_view why) { return fmt::format("not YAML: {}", why); }

/// The parser does not count a byte order mark.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Whether the quoted text that begins at the `begin`-th byte ends again: the parser lets the end
/// of the file pass for a closing quote.
bool is_closed(std::string_view text, std::size_t begin) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text.remove_prefix(std::min(begin, text.size()));
  const bool doubled_quotes = text.starts_with('\'');
  if (!doubled_quotes && !text.starts_with('"')) return true;
  const char quote = text.front();
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\' && !doubled_quotes) {
      ++at;
    } else if (text[at] == quote) {
      const bool escaped = doubled_quotes && text.substr(at + 1).starts_with(quote);
      if (!escaped) return true;
      ++at;
    }
  }
  return false;
}

/// Builds the tree from the parser's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(YamlDocument& document, Problems& problems)
      : document_(document), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(mark, YamlKind::null);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (tag == kQuoted) last_quoted_ = mark;
    if (expects_name()) {
      take_name(mark, text);
    } else {
      add(mark, YamlKind::scalar).text = text;
    }
  }

  /// An alias needs an anchor before it, which was refused.
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlKind::list);
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlKind::map);
  }

  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }

  /// What is wrong though the parser read `text` to its end.
  [[nodiscard]] std::optional<Unreadable> flaw(std::string_view text) const {
    if (no_name_) return no_name_;
    if (last_quoted_ && !is_closed(text, static_cast<std::size_t>(last_quoted_->pos))) {
      return Unreadable{place_of(*last_quoted_), not_yaml(kOpenQuote)};
    }
    return std::nullopt;
  }

 private:
  /// A list or map whose end has not been seen.
  struct Open {
    YamlNode* node;
    std::optional<std::pair<std::string, Place>> name;  ///< of the value to come
    std::map<std::string, Place> names;                 ///< seen so far
  };

  [[nodiscard]] bool expects_name() const {
    return !open_.empty() && open_.back().node->kind == YamlKind::map && !open_.back().name;
  }

  void take_name(const YAML::Mark& mark, const std::string& text) {
    open_.back().name.emplace(text, place_of(mark));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlKind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() == kMostDepth) throw Unreadable{place_of(mark), "nested too deeply"};
    open_.push_back({&add(mark, kind), {}, {}});
  }

  YamlNode& add(const YAML::Mark& mark, YamlKind kind) {
    if (open_.empty() && document_.root() != nullptr) {
      throw Unreadable{place_of(mark),
                       "does not go on where the file began; check the indentation and `---`"};
    }
    if (expects_name()) {
      // Often the beginning of a worse mistake, such as a `[` without its `]`, which the parser has
      // not come to yet.
      if (!no_name_) no_name_ = Unreadable{place_of(mark), "expected the name of a field"};
      open_.back().name.emplace(std::string(), place_of(mark));
    }

    YamlNode& node = document_.add();
    node.kind = kind;
    node.place = place_of(mark);
    if (!open_.empty()) place_in(open_.back(), node);
    return node;
  }

  void place_in(Open& parent, YamlNode& node) {
    node.parent = parent.node;
    if (parent.node->kind == YamlKind::list) {
      node.number = parent.node->children.size();
    } else {
      std::tie(node.name, node.name_place) = *std::exchange(parent.name, std::nullopt);
      const auto [first, is_new] = parent.names.emplace(node.name, node.name_place);
      if (!is_new && !no_name_) {
        problems_.add_at_name(
            node, fmt::format("stands here twice; first on line {}", first->second.line));
        return;
      }
    }
    parent.node->children.push_back(&node);
  }

  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) {
      throw Unreadable{place_of(mark), "an anchor (&name); write the value out where it is needed"};
    }
  }

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != kPlain && tag != kQuoted) {
      throw Unreadable{place_of(mark), "a tag (!name); write the plain value"};
    }
  }

  YamlDocument& document_;
  Problems& problems_;
  std::vector<Open> open_;
  std::optional<Unreadable> no_name_;  ///< the first value that stands where a name belongs
  std::optional<YAML::Mark> last_quoted_;
};

std::string_view line_of(std::string_view text, int number) {
  for (; number > 1; --number) {
    const auto newline = text.find('\n');
    if (newline == text.npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// The parser would end the file at some control characters, silently.
std::optional<Unreadable> unreadable_byte(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const auto content = line_of(text, 1);
    for (std::size_t at = 0; at < content.size(); ++at) {
      const auto byte = static_cast<unsigned char>(content[at]);
      if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F) {
        return Unreadable{{line, static_cast<int>(at) + 1},
                          fmt::format("a control character (0x{:02X}); expected UTF-8 text", byte)};
      }
    }
    if (!simdjson::validate_utf8(content.data(), content.size())) {
      return Unreadable{{line, 1}, "not UTF-8 text"};
    }
    text.remove_prefix(std::min(content.size() + 1, text.size()));
  }
  return std::nullopt;
}

struct Hint {
  const char* parser_says;
  const char* instead;
};

constexpr std::array kHints = {
    Hint{YAML::ErrorMsg::MAP_VALUE,
         "a `:` where no field can stand; check the indentation, and quote a text that holds `: `"},
    Hint{YAML::ErrorMsg::BLOCK_ENTRY, "a `-` where no list can stand; check the indentation"},
    Hint{YAML::ErrorMsg::END_OF_MAP, "a field that is not indented as those before it"},
    Hint{YAML::ErrorMsg::END_OF_SEQ, "an item that is not indented as those before it"},
    Hint{YAML::ErrorMsg::END_OF_MAP_FLOW, "a `{` without its `}`"},
    Hint{YAML::ErrorMsg::END_OF_SEQ_FLOW, "a `[` without its `]`"},
    Hint{YAML::ErrorMsg::FLOW_END, "a `]` or `}` without its beginning"},
    Hint{YAML::ErrorMsg::EOF_IN_SCALAR, kOpenQuote},
    Hint{YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias (*name) of nothing; write the value out"},
    Hint{YAML::ErrorMsg::UNKNOWN_TOKEN,
         "a text that must be quoted: it begins with a sign of YAML's"},
};

Unreadable explained(const YAML::ParserException& error, std::string_view text) {
  const auto place = place_of(error.mark);
  const auto line = line_of(text, place.line);
  const auto indentation = line.substr(0, line.find_first_not_of(" \t"));
  if (const auto tab = indentation.find('\t'); tab != indentation.npos) {
    return {{place.line, static_cast<int>(tab) + 1},
            "a tab in the indentation; YAML is indented with spaces"};
  }
  for (const auto& [parser_says, instead] : kHints) {
    if (error.msg == parser_says) return {place, not_yaml(instead)};
  }
  return {place, not_yaml(error.msg)};
}

std::optional<Unreadable> parse(std::string_view text, TreeBuilder& builder) {
  std::ispanstream stream(std::span<const char>(text.data(), text.size()));
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.flaw(text);
  } catch (const Unreadable& error) {
    return error;
  } catch (const YAML::DeepRecursion& error) {
    return Unreadable{place_of(error.mark), "nested too deeply"};
  } catch (const YAML::ParserException& error) {
    return explained(error, text);
  }
}

}  // namespace

bool read_yaml(std::string_view text, YamlDocument& document, Problems& problems) {
  auto error = unreadable_byte(text);
  if (!error) {
    TreeBuilder builder(document, problems);
    error = parse(text, builder);
  }
  if (!error) return true;
  problems.add_at(error->place, std::move(error->what));
  return false;
}

}  // namespace keypool::config
