#pragma once

#include <cstdint>
#include <string>

namespace keypool::cli {

/// Whether a model server (Ollama, llama.cpp, vLLM) answers there: it lists models as OpenAI does.
/// Another keypool does not count, whatever it serves. Waits a moment at most.
[[nodiscard]] bool answers_as_model_server(const std::string& host, std::uint16_t port);

}  // namespace keypool::cli
