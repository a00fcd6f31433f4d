#include "lab/multipart.h"

#include <algorithm>
#include <string>

#include "http/header.h"

namespace keypool::lab {
namespace {

/// The value of `name=` among a header's parameters, without its quotes.
std::string_view parameter(std::string_view header, std::string_view name) {
  for (std::size_t at = header.find(';'); at != header.npos; at = header.find(';', at)) {
    const auto begin = header.find_first_not_of(" \t", ++at);
    if (begin == header.npos) return {};
    std::string_view rest = header.substr(begin);
    if (!http::same_name(rest.substr(0, name.size()), name)) continue;
    rest.remove_prefix(name.size());
    if (!rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    if (!rest.starts_with('"')) return rest.substr(0, rest.find(';'));
    rest.remove_prefix(1);
    return rest.substr(0, rest.find('"'));
  }
  return {};
}

Part read_part(std::string_view text) {
  Part part;
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == text.npos) return part;
  part.content = text.substr(head_end + 4);
  std::string_view head = text.substr(0, head_end);
  while (!head.empty()) {
    const auto line_end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(std::min(line_end + 2, head.size()));
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (http::same_name(line.substr(0, colon), "content-disposition")) {
      part.name = parameter(value, "name");
      part.filename = parameter(value, "filename");
    } else if (http::same_name(line.substr(0, colon), "content-type")) {
      part.content_type = value;
    }
  }
  return part;
}

}  // namespace

std::vector<Part> parts_of(std::string_view content_type, std::string_view body) {
  std::vector<Part> parts;
  const std::string_view boundary = parameter(content_type, "boundary");
  if (boundary.empty()) return parts;
  const std::string first = "--" + std::string(boundary);
  const std::string next = "\r\n" + first;
  auto begin = body.find(first);
  if (begin == body.npos) return parts;
  begin += first.size();
  while (body.substr(begin, 2) == "\r\n") {
    const auto end = body.find(next, begin);
    if (end == body.npos) break;
    parts.push_back(read_part(body.substr(begin + 2, end - begin - 2)));
    begin = end + next.size();
  }
  return parts;
}

const Part* part_called(const std::vector<Part>& parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &Part::name);
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace keypool::lab
