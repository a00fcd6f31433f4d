#include "tests/hostile/case_file.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace keypool::hostile {
namespace {

[[noreturn]] void complain(const std::string& place, const std::string& what) {
  throw std::runtime_error(place + ": " + what);
}

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string unescaped(std::string_view text, const std::string& place) {
  std::string out;
  while (!text.empty()) {
    const auto plain = std::min(text.find('\\'), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.size() < 2) break;
    const char kind = text[1];
    text.remove_prefix(2);
    if (kind == 'r') {
      out += '\r';
    } else if (kind == 'n') {
      out += '\n';
    } else if (kind == 't') {
      out += '\t';
    } else if (kind == '\\') {
      out += '\\';
    } else if (kind == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(0, 2)), nullptr, 16));
      text.remove_prefix(2);
    } else if (kind == '*') {
      const auto open = text.find('(');
      const auto close = text.find(')');
      if (close == std::string_view::npos || open > close) complain(place, "expected \\*N(text)");
      const auto times = std::stoul(std::string(text.substr(0, open)));
      const auto repeated = unescaped(text.substr(open + 1, close - open - 1), place);
      for (std::size_t i = 0; i < times; ++i) out += repeated;
      text.remove_prefix(close + 1);
    } else {
      complain(place, std::string("unknown escape \\") + kind);
    }
  }
  return out;
}

std::vector<std::string> split(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

struct Line {
  std::string word;  // the directive
  std::string rest;
  std::string place;
};

// `> text`, `answer 400`: what stands before the first blank, and what behind it.
Line take_apart(const std::string& text, std::string place) {
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return {text, {}, std::move(place)};
  return {text.substr(0, blank), text.substr(blank + 1), std::move(place)};
}

void apply(const Line& line, Case& out) {
  const auto text = [&line] { return unescaped(line.rest, line.place); };
  if (line.word == "rule") {
    out.rule = line.rest;
  } else if (line.word == ">") {
    out.request += text() + "\r\n";
  } else if (line.word == ">+") {
    out.request += text();
  } else if (line.word == "<") {
    out.response += text() + "\r\n";
  } else if (line.word == "<+") {
    out.response += text();
  } else if (line.word == "half-close") {
    out.client_sends_no_more = true;
  } else if (line.word == "upstream") {
    if (line.rest == "closes") {
      out.finish = Case::Finish::closes;
    } else if (line.rest == "resets") {
      out.finish = Case::Finish::resets;
    } else if (line.rest != "stays") {
      complain(line.place, "expected upstream stays, closes or resets");
    }
  } else if (line.word == "answer") {
    for (const auto& status : split(line.rest, " ")) out.answers.push_back(std::stoi(status));
  } else if (line.word == "then") {
    if (line.rest != "open" && line.rest != "closed") complain(line.place, "open or closed?");
    out.stays_open = line.rest == "open";
  } else if (line.word == "reached") {
    out.reached.push_back(text());
  } else if (line.word == "reached-body") {
    out.reached_body = text();
  } else if (line.word == "reached-has") {
    out.reached_has.push_back(text());
  } else if (line.word == "reached-lacks") {
    out.reached_lacks.push_back(text());
  } else if (line.word == "whole") {
    out.whole = true;
  } else if (line.word == "broken") {
    out.whole = false;
  } else if (line.word == "body") {
    out.body = text();
  } else if (line.word == "has") {
    out.answer_has.push_back(text());
  } else if (line.word == "lacks") {
    out.answer_lacks.push_back(text());
  } else {
    complain(line.place, "unknown word " + line.word);
  }
}

}  // namespace

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<std::vector<Line>> blocks;
  int number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    const auto place = file.filename().string() + ":" + std::to_string(number);
    if (text.empty() || text.starts_with('#')) continue;
    if (text.starts_with("case ")) blocks.emplace_back();
    if (blocks.empty()) complain(place, "expected a case first");
    blocks.back().push_back(take_apart(text, place));
  }

  std::vector<Case> cases;
  for (const auto& block : blocks) {
    std::vector<std::string> values{""};
    for (const auto& line : block) {
      if (line.word == "each") values = split(line.rest, " | ");
    }
    for (const auto& value : values) {
      auto& made = cases.emplace_back();
      made.place = block.front().place;
      made.name = block.front().rest;
      if (!value.empty()) made.name += ": " + value;
      for (auto line : block) {
        if (line.word == "case" || line.word == "each") continue;
        replace_all(line.rest, "{each}", value);
        apply(line, made);
      }
    }
  }
  return cases;
}

}  // namespace keypool::hostile
