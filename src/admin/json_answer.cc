#include "admin/json_answer.h"

#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

using nlohmann::json;

constexpr auto kReplace = json::error_handler_t::replace;

}  // namespace

http::Answer json_answer(const json& body, int status) {
  return {.status = status,
          .headers = {{"content-type", "application/json"}},
          .body = body.dump(2, ' ', false, kReplace) + "\n"};
}

http::Answer error_answer(int status, std::string_view code, std::string_view message) {
  return json_answer({{"error", {{"code", code}, {"message", message}}}}, status);
}

std::string one_line(const json& value) { return value.dump(-1, ' ', false, kReplace); }

}  // namespace keypool::admin
