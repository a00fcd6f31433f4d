// The mock provider as a program: `mock_provider --keys FILE [--port N]`. Says `{"port":N}` when it
// listens.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "bench/http/mock_provider.h"

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace keypool::bench;
  CLI::App app{"A provider that answers at once and always the same, for benchmarks."};
  std::string keys;
  std::uint16_t port = 0;
  app.add_option("--keys", keys, "File with the credentials to accept, one a line")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--port", port, "Port on 127.0.0.1; 0: any free one");
  CLI11_PARSE(app, argc, argv);

  try {
    raise_open_file_limit();
    Socket listener = Socket::listen_on(port);
    fmt::print("{{\"port\":{}}}\n", listener.port());
    std::fflush(stdout);
    MockProvider(std::move(listener), lines_of(keys)).serve();
  } catch (const std::exception& error) {
    fmt::print(stderr, "mock_provider: {}\n", error.what());
    return 1;
  }
}
