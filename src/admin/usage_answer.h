#pragma once

#include <string_view>

#include "admin/subject.h"
#include "http/answer.h"

namespace keypool::admin {

/// `GET /api/v1/usage`: what the ledger holds, told apart as asked, a page of it, and the sum of
/// all pages.
[[nodiscard]] http::Answer usage_answer(const Subject& subject, std::string_view query);

}  // namespace keypool::admin
