#pragma once

#include <string>

#include "admin/key_query.h"
#include "admin/subject.h"

namespace keypool::admin {

/// One page of keys as JSON, a line a key:
/// `{"keys": […], "limit": …, "offset": …, "states": {…}, "total": …}`. `total` counts the keys on
/// all pages; `states` how many there are in each state when `query.states` is left aside, so that
/// a reader sees what another choice would show.
[[nodiscard]] std::string key_list(const Subject& subject, const KeyQuery& query);

}  // namespace keypool::admin
