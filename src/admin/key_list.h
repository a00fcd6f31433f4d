#pragma once

#include <nlohmann/json_fwd.hpp>

#include "admin/key_query.h"
#include "admin/subject.h"

namespace keypool::admin {

/// One page of keys: `{"keys": […], "total": …, "offset": …, "limit": …, "states": {…}}`. `total`
/// counts the keys on all pages; `states` how many there are in each state when `query.states` is
/// left aside, so that a reader sees what another choice would show.
[[nodiscard]] nlohmann::json key_list(const Subject& subject, const KeyQuery& query);

}  // namespace keypool::admin
