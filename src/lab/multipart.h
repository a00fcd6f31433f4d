#pragma once

#include <string_view>
#include <vector>

namespace keypool::lab {

/// One part of a multipart body, as views into it.
struct Part {
  std::string_view name;
  std::string_view filename;
  std::string_view content_type;
  std::string_view content;
};

/// The parts of a `multipart/form-data` or `multipart/related` body (RFC 2046 §5.1); none where
/// `content_type` or the body is no such thing.
[[nodiscard]] std::vector<Part> parts_of(std::string_view content_type, std::string_view body);

/// The first part called `name`; null: there is none.
[[nodiscard]] const Part* part_called(const std::vector<Part>& parts, std::string_view name);

}  // namespace keypool::lab
