// The load generator as a program: `load_generator closed|open|streams|idle --port N …`. Prints one
// JSON object.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/http/load.h"
#include "bench/http/socket.h"

int main(int argc, char** argv) {
  using namespace keypool::bench;
  CLI::App app{"Chat completions in numbers, for benchmarks. One thread."};
  app.require_subcommand(1);
  app.fallthrough();

  Load load;
  double seconds = load.lasting.count();
  double rate = 1000;
  StreamShape shape;
  app.add_option("--port", load.request.port, "Port on 127.0.0.1 to call")->required();
  app.add_option("--path", load.request.path, "Path of the call")->capture_default_str();
  app.add_option("--credential", load.request.credential, "Bearer credential to send")
      ->capture_default_str();
  app.add_option("--connections", load.connections, "Connections, or streams at once")
      ->capture_default_str();
  app.add_option("--seconds", seconds, "How long to begin new calls")->capture_default_str();
  app.add_option("--body", load.request.body_bytes, "Bytes of a request's body")
      ->capture_default_str();

  const auto stream_options = [&shape](CLI::App* mode) {
    mode->add_option("--events", shape.events, "Events a stream")->capture_default_str();
    mode->add_option("--bytes", shape.bytes, "Bytes an event")->capture_default_str();
    mode->add_option("--every-ms", shape.every_ms, "Time between two events")
        ->capture_default_str();
  };
  const auto* closed = app.add_subcommand("closed", "Each connection asks again once answered");
  auto* open = app.add_subcommand("open", "Calls come at a fixed pace, whatever the answers do");
  open->add_option("--rate", rate, "Calls a second")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  auto* streams = app.add_subcommand("streams", "Each connection runs one stream after another");
  stream_options(streams);
  auto* idle = app.add_subcommand(
      "idle", "Holds streams open after their first event, until standard input ends");
  CLI11_PARSE(app, argc, argv);

  try {
    raise_open_file_limit();
    load.lasting = std::chrono::duration<double>(seconds);
    if (streams->parsed()) load.request.stream = shape;
    if (idle->parsed()) {
      load.request.stream = StreamShape{.events = 2, .every_ms = 3'600'000};
      hold_idle_streams(load);
      return 0;
    }
    const auto result = closed->parsed() ? run_closed_loop(load)
                        : open->parsed() ? run_open_loop(load, rate)
                                         : run_streams(load);
    fmt::print("{}\n", result.dump());
  } catch (const std::exception& error) {
    fmt::print(stderr, "load_generator: {}\n", error.what());
    return 1;
  }
}
