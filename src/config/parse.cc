#include <array>
#include <string_view>

#include <fmt/format.h>

#include "config/address.h"
#include "config/clients.h"
#include "config/endpoint_names.h"
#include "config/endpoints.h"
#include "config/fields.h"
#include "config/limits.h"
#include "config/load.h"
#include "config/misplaced_secret.h"
#include "config/model_prices.h"
#include "config/routes.h"
#include "config/values.h"
#include "config/yaml_reader.h"

namespace keypool::config {
namespace {

constexpr std::string_view kListenExpected = "host:port, such as 127.0.0.1:8080";

bool read_listen(const YamlNode& node, Listen& listen, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  if (const auto address = parse_listen(node.text)) {
    listen = *address;
  } else {
    problems.add(node, fmt::format("expected {}: {}", kListenExpected, address.error()));
  }
  return true;
}

constexpr std::array kAdminFields = {
    Field<Config>{"listen", Presence::optional, kListenExpected,
                  [](const YamlNode& node, Config& config, Problems& problems) {
                    return read_listen(node, config.admin, problems);
                  }},
    Field<Config>{"token_hash", Presence::optional, kTokenHashExpected,
                  [](const YamlNode& node, Config& config, Problems& problems) {
                    return read_token_hash(node, config.admin_token_hash, problems);
                  }},
};

template <auto Member>
bool file(const YamlNode& node, ListenTls& tls, Problems&) {
  return read_path(node, tls.*Member);
}

constexpr std::array kTlsFields = {
    Field<ListenTls>{"certificate", Presence::required, "the absolute path of a PEM file",
                     file<&ListenTls::certificate>},
    Field<ListenTls>{"key", Presence::required, "the absolute path of a PEM file",
                     file<&ListenTls::key>},
    Field<ListenTls>{"client_ca", Presence::optional, "the absolute path of a PEM file",
                     file<&ListenTls::client_ca>},
};

bool read_listen_address(const YamlNode& node, Config& config, Problems& problems) {
  return read_listen(node, config.listen, problems);
}

constexpr std::array kListenFields = {
    Field<Config>{"address", Presence::required, kListenExpected, read_listen_address},
    Field<Config>{"tls", Presence::optional, "a map of `certificate`, `key` and `client_ca`",
                  [](const YamlNode& node, Config& config, Problems& problems) {
                    read_map(node, kTlsFields, config.listen_tls.emplace(), problems);
                    return true;
                  }},
};

// An address alone, or with what else is to be said about it.
bool read_where_to_listen(const YamlNode& node, Config& config, Problems& problems) {
  if (node.kind != YamlKind::map) return read_listen_address(node, config, problems);
  read_map(node, kListenFields, config, problems);
  return true;
}

// A relative folder would be another one wherever keypool is started from.
bool read_state(const YamlNode& node, Config& config, Problems& problems) {
  if (node.kind != YamlKind::scalar || node.text.empty()) return false;
  const bool absolute = node.text.starts_with('/') || node.text.starts_with("~/");
  if (!absolute && node.text != ":memory:") {
    problems.add(node,
                 fmt::format("expected a folder that begins with / or ~/, or \":memory:\" for "
                             "none, got \"{}\"",
                             node.text));
    return true;
  }
  config.state = node.text;
  return true;
}

constexpr std::array kFields = {
    Field<Config>{"listen", Presence::optional, kListenExpected, read_where_to_listen},
    Field<Config>{"admin", Presence::optional, "a map with `listen`, `token_hash`",
                  [](const YamlNode& node, Config& config, Problems& problems) {
                    read_map(node, kAdminFields, config, problems);
                    return true;
                  }},
    Field<Config>{"threads", Presence::optional,
                  "a whole number from 0 to 1024; 0 is one for each core",
                  [](const YamlNode& node, Config& config, Problems&) {
                    return read_whole(node, 0, 1024, config.threads);
                  }},
    Field<Config>{"limits", Presence::optional, "a map of limits", read_limits},
    Field<Config>{"state", Presence::optional,
                  "a folder, such as ~/.local/state/keypool, or \":memory:\" for none", read_state},
    Field<Config>{"redis", Presence::not_yet, "a URL such as redis://127.0.0.1:6379/0"},
    Field<Config>{"endpoints", Presence::required, "a list of at least one endpoint",
                  read_endpoints},
    Field<Config>{"routes", Presence::optional, "a list of routes, each a model and an endpoint",
                  read_routes},
    Field<Config>{"clients", Presence::optional, "a list of clients, each a name and a token_hash",
                  read_clients},
    Field<Config>{"prices", Presence::optional, "a map of models and what their tokens cost",
                  read_prices},
};

void check_addresses(const YamlNode& root, const Config& config, Problems& problems) {
  if (config.listen.port == 0 || config.listen.text() != config.admin.text()) return;
  const YamlNode* admin = root.field("admin");
  const YamlNode* listen = admin != nullptr ? admin->field("listen") : root.field("listen");
  if (listen != nullptr) {
    problems.add(*listen, fmt::format("`listen` and `admin.listen` are both {}; expected two ports",
                                      config.listen.text()));
  }
}

// Where calls come in, clients of the state may do as well: that is looked at when it is known.
void check_admin_token(const YamlNode& root, const Config& config, Problems& problems) {
  if (config.admin.loopback() || !config.admin_token_hash.empty()) return;
  const YamlNode* admin = root.field("admin");
  if (admin->field("token_hash") != nullptr) return;
  problems.add(*admin->field("listen"),
               fmt::format("{} can be reached from other machines; expected `admin.token_hash` "
                           "beside it (keypool token hash --new), or a loopback address such as "
                           "127.0.0.1:{}",
                           config.admin.text(), config.admin.port));
}

// What is not a mistake is in the result, whatever problems there are.
Config read_config(std::string_view yaml, Problems& problems) {
  YamlDocument document;
  Config config;
  if (read_yaml(yaml, document, problems)) {
    const YamlNode* root = document.root();
    if (root == nullptr || root->kind == YamlKind::null) {
      problems.add_at({1, 1}, "the file is empty; expected at least `endpoints`");
    } else {
      refuse_secrets(*root, problems);
      read_map(*root, kFields, config, problems);
      check_routes(*root, problems);
      check_fallbacks(*root, config, problems);
      check_addresses(*root, config, problems);
      check_admin_token(*root, config, problems);
      check_clients(*root, problems);
    }
  }
  return config;
}

}  // namespace

std::expected<Config, std::vector<Problem>> parse(std::string_view yaml,
                                                  const std::filesystem::path& file) {
  Problems problems(file);
  Config config = read_config(yaml, problems);
  if (!problems.empty()) return std::unexpected(problems.in_file_order());
  config.file = file;
  return config;
}

Listen parse_admin_listen(std::string_view yaml) {
  Problems problems({});
  return read_config(yaml, problems).admin;
}

}  // namespace keypool::config
