#include "admin/assets.h"

#include <string>

#include "admin/json_answer.h"

namespace keypool::admin {
namespace {

std::string_view media_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/json";
}

}  // namespace

http::Answer asset_answer(std::string_view name) {
  const auto found = asset(name);
  if (!found) return error_answer(404, "not_found", "there is no such file");
  return {.status = 200,
          .headers = {{"content-type", std::string(media_type(name))}},
          .body = std::string(found->content)};
}

}  // namespace keypool::admin
