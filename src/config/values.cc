#include "config/values.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "config/duration.h"
#include "config/misplaced_secret.h"
#include "config/number.h"

namespace keypool::config {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_scalar(const YamlNode& node) { return node.kind == YamlKind::scalar; }

}  // namespace

bool is_plain_name(std::string_view text) noexcept {
  constexpr std::size_t kMost = 64;
  static constexpr std::string_view kOther = "._~-";
  return !text.empty() && text.size() <= kMost && is_alphanumeric(text.front()) &&
         std::ranges::all_of(
             text, [](char c) { return is_alphanumeric(c) || kOther.find(c) != kOther.npos; });
}

bool read_whole(const YamlNode& node, int least, int most, int& value) {
  const auto number = is_scalar(node) ? parse_whole(node.text) : std::nullopt;
  if (!number || std::cmp_less(*number, least) || std::cmp_greater(*number, most)) return false;
  value = static_cast<int>(*number);
  return true;
}

bool read_count(const YamlNode& node, std::uint64_t least, std::uint64_t most,
                std::uint64_t& value) {
  const auto number = is_scalar(node) ? parse_whole(node.text) : std::nullopt;
  if (!number || *number < least || *number > most) return false;
  value = *number;
  return true;
}

bool read_decimal(const YamlNode& node, double most, double& value) {
  if (!is_scalar(node)) return false;
  std::string_view text = node.text;
  const auto number = take_decimal(text);
  if (!number || !text.empty() || *number <= 0 || *number > most) return false;
  value = *number;
  return true;
}

bool read_usd(const YamlNode& node, std::uint64_t& micro_usd) {
  constexpr double kMostUsd = 1e12;  // small enough to be counted in millionths
  double usd = 0;
  if (!read_decimal(node, kMostUsd, usd)) return false;
  micro_usd = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(usd * 1e6)));
  return true;
}

bool read_tokens(const YamlNode& node, std::uint64_t& tokens) {
  constexpr std::uint64_t kMostTokens = 1'000'000'000'000'000;
  return read_count(node, 1, kMostTokens, tokens);
}

bool read_bytes(const YamlNode& node, std::uint64_t least, std::uint64_t most,
                std::uint64_t& value) {
  const auto bytes = is_scalar(node) ? parse_bytes(node.text) : std::nullopt;
  if (!bytes || *bytes < least || *bytes > most) return false;
  value = *bytes;
  return true;
}

bool read_duration(const YamlNode& node, std::chrono::milliseconds least,
                   std::chrono::milliseconds most, std::chrono::milliseconds& value) {
  const auto duration = is_scalar(node) ? parse_duration(node.text) : std::nullopt;
  if (!duration || *duration < least || *duration > most) return false;
  value = *duration;
  return true;
}

bool read_path(const YamlNode& node, std::filesystem::path& value) {
  if (!is_scalar(node) || !node.text.starts_with('/') || node.text.ends_with('/')) return false;
  value = node.text;
  return true;
}

bool read_flag(const YamlNode& node, bool& value) {
  if (!is_scalar(node) || (node.text != "true" && node.text != "false")) return false;
  value = node.text == "true";
  return true;
}

bool read_plain_name(const YamlNode& node, std::string& value, Problems& problems) {
  if (!is_scalar(node)) return false;
  if (refuse_random(node, problems)) return true;
  if (!is_plain_name(node.text)) return false;
  value = node.text;
  return true;
}

}  // namespace keypool::config
