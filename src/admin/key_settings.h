#pragma once

#include <string>
#include <string_view>

#include "admin/subject.h"
#include "http/answer.h"

namespace keypool::admin {

/// `POST /api/v1/keys`: adds the keys that a name resolves to, as `body` names it: `{"endpoint": …,
/// "name": …, "weight": …}`. A secret never stands in a request: the name is looked up where all
/// are, in the environment and the keychain. What is added stays until the gateway stops; the
/// configuration is where it stays for good.
[[nodiscard]] http::Answer add_key(const Subject& subject, std::string_view body);

/// `POST /api/v1/keys/{endpoint}/{name}/weight`: `{"weight": 2}`, until the gateway stops.
[[nodiscard]] http::Answer set_weight(const Subject& subject, const std::string& endpoint,
                                      const std::string& name, std::string_view body);

}  // namespace keypool::admin
