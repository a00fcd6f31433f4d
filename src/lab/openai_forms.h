#pragma once

#include <memory>

#include "lab/frame.h"
#include "lab/wire.h"

namespace keypool::lab {

/// OpenAI's chat completions, completions and responses. `error_of` gives the `error` object that a
/// failing stream tells.
[[nodiscard]] std::unique_ptr<AnswerForm> openai_form(const Question& question, const Reply& reply,
                                                      Json (*error_of)(ErrorKind kind));

}  // namespace keypool::lab
