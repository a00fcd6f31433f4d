#pragma once

#include <string_view>

#include "tests/gateway/wire.h"
#include "tests/hostile/case_file.h"

namespace keypool::hostile {

/// Sends a case's request, whole or byte by byte, and behind it `probe`, a request that is in
/// order: at once where the connection is to be closed, so that it may be smuggled, else when the
/// answers are here. Expects the answers that the case names and, where the connection stays, an
/// answer of 200 to the probe; each must be one that no two readers read differently.
enum class Sends { whole, bytewise };
void expect_answers(const Case& row, gateway::testing::Wire wire, Sends sends,
                    std::string_view probe);

/// That an answer tells in one way at most where it ends (RFC 9112 §6.3).
void expect_one_framing(const gateway::testing::Message& answer);

/// That a message's head has these lines and not these names.
void expect_head(const gateway::testing::Message& message, const Case& row);

}  // namespace keypool::hostile
