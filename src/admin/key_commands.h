#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/subject.h"
#include "http/answer.h"

namespace keypool::admin {

/// What an operator may tell a key.
enum class KeyCommand { enable, disable, drain, reset, probe };

[[nodiscard]] std::string_view to_string(KeyCommand command) noexcept;
[[nodiscard]] std::optional<KeyCommand> key_command(std::string_view name) noexcept;

/// Tells one key; answers with the key as it is now.
[[nodiscard]] http::Answer tell_key(const Subject& subject, const std::string& endpoint,
                                    const std::string& name, KeyCommand command);

/// Tells many keys, as `body` names them: `{"keys": [{"endpoint": …, "name": …}, …]}`, or
/// `{"endpoint": …}` for all of its keys. Nothing is changed when one of them is unknown. Answers
/// with the keys whose state changed and the state that each had, so that it can be undone.
[[nodiscard]] http::Answer tell_keys(const Subject& subject, std::string_view body,
                                     KeyCommand command);

}  // namespace keypool::admin
