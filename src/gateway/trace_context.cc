#include "gateway/trace_context.h"

#include <algorithm>

namespace keypool::gateway {
namespace {

bool lower_case_hex(std::string_view text) noexcept {
  return std::ranges::all_of(
      text, [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f'); });
}

bool all_zero(std::string_view text) noexcept {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

// version "-" trace-id "-" parent-id "-" flags. A later version may go on behind another dash.
std::string_view trace_id_of(http::Headers headers) noexcept {
  const auto header = http::find(headers, "traceparent");
  constexpr std::size_t kLength = 55;
  if (!header || header->size() < kLength) return {};
  const auto version = header->substr(0, 2);
  const auto trace_id = header->substr(3, 32);
  const auto parent_id = header->substr(36, 16);
  const bool whole = header->size() == kLength || (version != "00" && (*header)[kLength] == '-');
  const bool dashed = (*header)[2] == '-' && (*header)[35] == '-' && (*header)[52] == '-';
  if (!whole || !dashed || version == "ff" || !lower_case_hex(version)) return {};
  if (!lower_case_hex(trace_id) || !lower_case_hex(parent_id)) return {};
  if (!lower_case_hex(header->substr(53, 2))) return {};
  if (all_zero(trace_id) || all_zero(parent_id)) return {};
  return trace_id;
}

}  // namespace keypool::gateway
