#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/reloaded.h"

namespace keypool::cli {
namespace {

using nlohmann::json;

struct Options {
  std::string admin;
  bool json = false;
};

/// Secret managers may ask other machines, one after another.
constexpr std::chrono::minutes kPatience{2};

int failed(const std::string& why) {
  fmt::print(stderr, "keypool: {}\n", why);
  return kFailed;
}

int not_reloaded(const json& problems) {
  for (const json& problem : problems) {
    fmt::print(stderr, "{}\n", problem.get<std::string>());
  }
  return failed(fmt::format("{}; the configuration before stays in force.",
                            counted(problems.size(), "problem")));
}

int reload(const Options& options) {
  const auto address = admin_address(options.admin);
  if (!address) {
    failed(address.error());
    return kMisused;
  }
  const auto answer = call_admin(*address, "POST", "/api/v1/reload", kPatience);
  if (!answer) return failed(answer.error());
  const bool refused = answer->status == 422;
  if (answer->status != 200 && !refused) {
    return failed(fmt::format("http://{} answered {}; is that a keypool's admin API?",
                              address->text(), answer->status));
  }
  if (options.json) {
    fmt::print("{}", answer->body);
    return refused ? kFailed : kGood;
  }
  try {
    const auto body = json::parse(answer->body);
    if (refused) return not_reloaded(body.at("problems"));
    fmt::print("{}", reloaded_text(body));
    return kGood;
  } catch (const json::exception& error) {
    return failed(
        fmt::format("{} answered, but not as a keypool does: {}", address->text(), error.what()));
  }
}

}  // namespace

void add_reload(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "reload", "Have a running gateway read its configuration and its keys anew");
  auto options = std::make_shared<Options>();
  command
      ->add_option("--admin", options->admin,
                   "The gateway's admin API (default: the configuration's, else "
                   "http://127.0.0.1:8081)")
      ->type_name("URL");
  command->add_flag("--json", options->json, "Print the API's JSON, for a program to read");
  command->footer(
      "Calls in flight end as they began. A configuration with mistakes changes nothing: they are\n"
      "told, and the exit code is 1. SIGHUP does the same; `keypool serve --watch-config` does it\n"
      "whenever the file changes.\n\n"
      "Examples:\n"
      "  keypool reload\n"
      "  keypool reload --admin http://127.0.0.1:9081 --json");
  command->callback([&run, options] { run = [options] { return reload(*options); }; });
}

}  // namespace keypool::cli
