#include "cli/greeting.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/example_call.h"
#include "cli/figures.h"
#include "cli/table.h"
#include "provider/known.h"

namespace keypool::cli {
namespace {

/// The keys of one endpoint, added up.
struct Found {
  std::size_t keys = 0;
  std::vector<std::string> origins;  ///< each once, in order
};

Found found_for(std::string_view endpoint, const std::vector<config::ResolvedKey>& keys) {
  Found found;
  for (const config::ResolvedKey& key : keys) {
    if (key.endpoint != endpoint || key.keys == 0) continue;
    found.keys += key.keys;
    if (std::ranges::find(found.origins, key.origin) == found.origins.end()) {
      found.origins.push_back(key.origin);
    }
  }
  return found;
}

std::string endpoint_table(const Serving& serving, const Terminal& terminal) {
  Table table({{"ENDPOINT"},
               {"KEYS", Table::Align::right},
               {"FOUND IN", Table::Align::left, true},
               {"CALLS GO TO", Table::Align::left, true}});
  for (const config::Endpoint& endpoint : serving.config.endpoints) {
    const std::string url = endpoint.base_url.text();
    if (serving.demo_keys > 0) {
      table.add({{endpoint.name, Tone::strong},
                 {whole_count(serving.demo_keys)},
                 {"simulated"},
                 {"a simulated provider inside keypool"}});
    } else if (endpoint.keyless) {
      table.add({{endpoint.name, Tone::strong}, {"-"}, {"needs none"}, {url}});
    } else {
      const Found found = found_for(endpoint.name, serving.keys);
      table.add({{endpoint.name, Tone::strong},
                 {whole_count(found.keys), found.keys == 0 ? Tone::bad : Tone::good},
                 {found.keys == 0 ? "nowhere" : fmt::format("{}", fmt::join(found.origins, ", "))},
                 {url}});
    }
  }
  return table.render(terminal, 2);
}

std::string missing(const Serving& serving, const Terminal& terminal) {
  std::string text;
  for (const config::ResolvedKey& key : serving.keys) {
    if (key.keys > 0) continue;
    text += fmt::format(
        "  {} {}\n",
        paint(fmt::format("{}: no value for {}", key.endpoint, key.name), Tone::warn, terminal),
        paint("(keypool check tells where it was looked for)", Tone::faint, terminal));
  }
  return text;
}

/// What zero-config knows, in a few lines; `keypool check` lists each place.
std::string looked_for() {
  constexpr std::size_t kLine = 76;
  std::string text;
  std::string line = " ";
  const auto add = [&](const std::string& word) {
    if (line.size() + word.size() > kLine) {
      text += line + '\n';
      line = " ";
    }
    line += ' ' + word;
  };
  for (const provider::KnownProvider& known : provider::known_providers()) {
    add(known.variable.empty() ? fmt::format("{} on {}", known.endpoint, known.base_url)
                               : std::string(known.variable));
  }
  return text + line + '\n';
}

bool can_be_called(const config::Endpoint& endpoint, const Serving& serving) {
  return endpoint.keyless || found_for(endpoint.name, serving.keys).keys > 0;
}

std::string call_to_paste(const Serving& serving) {
  const std::string token =
      serving.asks_for_token ? " -H \"authorization: Bearer $KEYPOOL_TOKEN\"" : "";
  if (serving.demo_keys > 0) {
    return example_chat(
               fmt::format("{}/{}", serving.gateway_url, serving.config.endpoints.front().name)) +
           token;
  }
  const auto endpoint = std::ranges::find_if(serving.config.endpoints, [&](const auto& candidate) {
    return can_be_called(candidate, serving);
  });
  if (endpoint == serving.config.endpoints.end()) return {};
  return example_call(serving.gateway_url, *endpoint) + token;
}

}  // namespace

std::string greeting(const Serving& serving, const Terminal& terminal) {
  std::string text =
      fmt::format("{}\n\n  calls  {}\n  admin  {}\n  from   {}\n\n",
                  paint("keypool " KEYPOOL_VERSION, Tone::strong, terminal),
                  paint(serving.gateway_url, Tone::strong, terminal), serving.admin_url,
                  serving.config.file.empty() ? "the environment (no configuration file)"
                                              : serving.config.file.string());

  if (serving.demo_keys > 0) {
    text += "No key was found, so one endpoint \"demo\" answers from a simulation. Looked for:\n" +
            looked_for() + '\n';
  }
  text += endpoint_table(serving, terminal) + '\n';
  if (const std::string names = missing(serving, terminal); !names.empty()) {
    text += "Missing:\n" + names + '\n';
  }
  const std::string call = call_to_paste(serving);
  text += call.empty()
              ? paint("No endpoint has a key: every call will be refused.\n", Tone::bad, terminal)
              : fmt::format("Try it{}:\n  {}\n",
                            serving.asks_for_token ? ", with a client's token" : "", call);
  return text;
}

}  // namespace keypool::cli
