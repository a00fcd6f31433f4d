#include "cli/init_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "provider/dialect.h"

namespace keypool::cli {
namespace {

constexpr std::string_view kHead =
    "# keypool's configuration. Look it over, then: keypool serve\n"
    "#\n"
    "# Keys never stand in this file: it names them, and they are looked for in the environment,\n"
    "# in files and in the OS keychain (keypool secrets put NAME).\n"
    "\n"
    "listen: 127.0.0.1:8080      # where calls come in\n"
    "admin:\n"
    "  listen: 127.0.0.1:8081    # status, metrics\n"
    "\n"
    "endpoints:\n";

constexpr std::string_view kExample =
    "  # Nothing was found. An endpoint looks like this:\n"
    "  - name: openai\n"
    "    base_url: https://api.openai.com\n"
    "    dialect: openai\n"
    "    keys: [OPENAI_API_KEY]\n";

constexpr std::string_view kMore =
    "    # group: keys of one account share its limits; tier: 1 only serves when no 0 has room\n"
    "    #   - { name: TEAM_B_KEY, group: team-b, tier: 1 }\n"
    "    # cooldown: 60s          # how long a rate-limited key rests without a hint\n"
    "    # max_wait: 10s          # how long a call waits for a key\n";

std::string endpoint_text(const config::Endpoint& endpoint, bool explained) {
  std::string text = fmt::format("  - name: {}\n    base_url: {}\n    dialect: {}\n", endpoint.name,
                                 endpoint.base_url.text(), to_string(endpoint.dialect));
  if (endpoint.keyless) return text + "    keys: none              # a server on this machine\n";
  text += "    keys:\n";
  for (const auto& key : endpoint.keys) text += fmt::format("      - {}\n", key.name);
  if (explained) text += kMore;
  return text;
}

}  // namespace

std::string starting_configuration(const config::Config& found,
                                   const std::vector<std::string>& other_names) {
  std::string text(kHead);
  bool explained = false;
  for (const auto& endpoint : found.endpoints) {
    text += endpoint_text(endpoint, !explained && !endpoint.keyless);
    explained = explained || !endpoint.keyless;
  }
  if (found.endpoints.empty()) text += kExample;
  if (!other_names.empty()) {
    text += fmt::format("\n# The keychain also holds: {}\n", fmt::join(other_names, ", "));
  }
  text +=
      "\n# Which endpoint serves /v1/… when the path names none, by the call's model:\n"
      "# routes:\n"
      "#   - { model: \"gpt-*\", endpoint: openai }\n";
  return text;
}

}  // namespace keypool::cli
