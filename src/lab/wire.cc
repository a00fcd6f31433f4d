#include "lab/wire.h"

namespace keypool::lab {

const Wire& wire_of(Family family) noexcept {
  switch (family) {
    case Family::openai:
      return openai_wire();
    case Family::anthropic:
      return anthropic_wire();
    case Family::gemini:
      return gemini_wire();
  }
  return openai_wire();
}

}  // namespace keypool::lab
