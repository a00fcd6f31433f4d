#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/foreign_config.h"
#include "provider/known.h"

// LiteLLM's configuration, as its documentation has it (docs.litellm.ai: proxy/configs,
// proxy/config_settings, routing; read 2026-11).

namespace keypool::cli {
namespace {

using nlohmann::json;
using provider::Dialect;

/// LiteLLM's names of providers that keypool calls otherwise, or that need no known host.
struct Prefix {
  std::string_view litellm;
  std::string_view endpoint;  ///< of a known provider
};
constexpr Prefix kPrefixes[] = {
    {"openai", "openai"},
    {"text-completion-openai", "openai"},
    {"anthropic", "anthropic"},
    {"gemini", "gemini"},
    {"groq", "groq"},
    {"mistral", "mistral"},
    {"deepseek", "deepseek"},
    {"xai", "xai"},
    {"openrouter", "openrouter"},
    {"together_ai", "together"},
    {"fireworks_ai", "fireworks"},
    {"cohere", "cohere"},
    {"cohere_chat", "cohere"},
    {"cerebras", "cerebras"},
    {"perplexity", "perplexity"},
    {"ollama", "ollama"},
    {"ollama_chat", "ollama"},
    {"hosted_vllm", "vllm"},
    {"vllm", "vllm"},
};

const provider::KnownProvider* known_as(std::string_view endpoint) {
  const auto all = provider::known_providers();
  const auto found = std::ranges::find(all, endpoint, &provider::KnownProvider::endpoint);
  return found == all.end() ? nullptr : &*found;
}

/// `provider/model`, taken apart; a model without a provider is one that LiteLLM knows.
struct Asked {
  std::string provider;
  std::string model;
};

Asked asked(const std::string& model) {
  const std::size_t slash = model.find('/');
  if (slash != std::string::npos) return {model.substr(0, slash), model.substr(slash + 1)};
  if (model.starts_with("claude")) return {"anthropic", model};
  if (model.starts_with("gemini")) return {"gemini", model};
  if (model.starts_with("command")) return {"cohere", model};
  return {"openai", model};
}

constexpr std::string_view kVariable = "os.environ/";

class Reader {
 public:
  explicit Reader(Imported& imported) : imported_(imported) {}

  void read(const json& config) {
    variables_ = config.value("environment_variables", json::object());
    for (const json& deployment : config.at("model_list")) note_name(deployment);
    std::size_t place = 0;
    for (const json& deployment : config.at("model_list")) {
      read_deployment(deployment, fmt::format("model_list[{}]", place++));
    }
    read_settings(config);
  }

 private:
  static json parameters_of(const json& deployment) {
    return deployment.is_object() ? deployment.value("litellm_params", json::object()) : json();
  }

  /// Names that the file itself uses are not made up for anything else.
  void note_name(const json& deployment) {
    const json parameters = parameters_of(deployment);
    const std::string credential = text_at(parameters, "api_key");
    if (credential.starts_with(kVariable)) used_.insert(credential.substr(kVariable.size()));
    if (!credential.empty()) return;
    if (const auto* known = known_as(asked(text_at(parameters, "model")).provider)) {
      used_.emplace(known->variable);
    }
  }

  void read_deployment(const json& deployment, const std::string& where) {
    const json parameters = parameters_of(deployment);
    if (text_at(parameters, "model").empty()) {
      imported_.leave_out(where, "it names no model");
      return;
    }
    const std::string alias = text_at(deployment, "model_name");
    const auto [provider, model] = asked(text_at(parameters, "model"));
    ImportedEndpoint* const endpoint = endpoint_of(parameters, provider, where);
    if (endpoint == nullptr) return;

    note_model(alias, model, where);
    if (!endpoint->keyless) add_key(*endpoint, deployment, parameters, provider, model, where);
    send(alias, model, *endpoint, where);
    read_price(deployment, parameters, model);
    for (const char* setting : {"timeout", "stream_timeout", "max_retries", "api_version",
                                "temperature", "max_tokens", "organization", "extra_headers"}) {
      if (parameters.contains(setting)) {
        imported_.leave_out(where + "." + setting, why_not(setting));
      }
    }
  }

  static std::string why_not(std::string_view setting) {
    if (setting == "api_version") return "the client sends it, as Azure's SDK does";
    if (setting == "organization") {
      return "a key belongs to one organization; it is found in the provider's answers";
    }
    if (setting == "timeout" || setting == "stream_timeout") {
      return "see limits.first_byte_time and limits.idle_time, which hold for all calls";
    }
    if (setting == "max_retries") return "see the endpoint's attempts";
    return "keypool does not change what a client asks";
  }

  /// Where the deployment's calls go; null when keypool cannot serve it.
  ImportedEndpoint* endpoint_of(const json& parameters, const std::string& provider,
                                const std::string& where) {
    std::string base = text_at(parameters, "api_base");
    if (base.empty()) base = text_at(parameters, "base_url");
    if (base.starts_with(kVariable)) {
      imported_.leave_out(where + ".api_base",
                          "the address stands in a variable; write it into base_url");
      return nullptr;
    }
    if (provider == "azure") {
      if (base.empty()) {
        imported_.leave_out(where, "an Azure deployment without api_base");
        return nullptr;
      }
      return &imported_.endpoint_at(without_version(base), Dialect::azure_openai, "azure");
    }
    const auto* const prefix = std::ranges::find(kPrefixes, provider, &Prefix::litellm);
    if (prefix == std::end(kPrefixes)) {
      imported_.leave_out(where,
                          fmt::format("keypool does not speak to {}: its calls are signed or "
                                      "shaped in a way of their own",
                                      provider));
      return nullptr;
    }
    const provider::KnownProvider& known = *known_as(prefix->endpoint);
    if (base.empty()) base = known.base_url;
    const bool at_home = without_version(base) == known.base_url;
    ImportedEndpoint& endpoint =
        imported_.endpoint_at(at_home ? std::string(known.base_url) : without_version(base),
                              known.dialect, at_home ? known.endpoint : host_of(base));
    if (known.variable.empty() && text_at(parameters, "api_key").empty()) endpoint.keyless = true;
    return &endpoint;
  }

  static std::string host_of(const std::string& url) {
    const std::size_t slashes = url.find("//");
    const std::size_t begin = slashes == std::string::npos ? 0 : slashes + 2;
    return url.substr(begin, url.find_first_of(":/", begin) - begin);
  }

  void add_key(ImportedEndpoint& endpoint, const json& deployment, const json& parameters,
               const std::string& provider, const std::string& model, const std::string& where) {
    ImportedKey& key = key_of(endpoint, text_at(parameters, "api_key"), provider, where);
    const auto either = [&](const char* member) {
      return std::max(count_at(parameters, member), count_at(deployment, member));
    };
    const ImportedLimits limits{.rpm = either("rpm"), .tpm = either("tpm")};
    if (limits.rpm > 0 || limits.tpm > 0) key.limits[model == "*" ? "*" : model] = limits;
    if (const auto weight = count_at(parameters, "weight"); weight > 0) {
      key.weight = static_cast<double>(weight);
    }
    if (const auto order = count_at(parameters, "order"); order > 1) {
      key.tier = static_cast<int>(std::min<std::uint64_t>(order - 1, 254));
    }
    key.max_in_flight = std::max(key.max_in_flight, count_at(parameters, "max_parallel_requests"));
  }

  /// The endpoint's key with this credential, made when it is the first with it.
  ImportedKey& key_of(ImportedEndpoint& endpoint, const std::string& credential,
                      const std::string& provider, const std::string& where) {
    std::string name;
    std::string value;
    if (credential.starts_with(kVariable)) {
      name = credential.substr(kVariable.size());
      value = text_at(variables_, name.c_str());
    } else if (credential.empty()) {
      // LiteLLM looks for the provider's own variable then.
      const auto* known = known_as(endpoint.name);
      name = known != nullptr ? std::string(known->variable) : key_name_of(provider + " api key");
    } else {
      for (ImportedKey& key : endpoint.keys) {
        if (!key.values.empty() && key.values.front().reveal() == credential) return key;
      }
      name = new_name(endpoint.name);
      value = credential;
    }
    const auto known = std::ranges::find(endpoint.keys, name, &ImportedKey::name);
    if (known != endpoint.keys.end()) return *known;
    ImportedKey& key = endpoint.keys.emplace_back();
    key.name = name;
    key.from = where;
    if (!value.empty()) key.values.emplace_back(std::move(value));
    return key;
  }

  std::string new_name(const std::string& endpoint) {
    const std::string wanted = key_name_of(endpoint + " api");
    std::string name = wanted;
    for (int number = 2; !used_.insert(name).second; ++number) {
      name = fmt::format("{}_{}", wanted, number);
    }
    return name;
  }

  void note_model(const std::string& alias, const std::string& model, const std::string& where) {
    if (alias == model || alias.ends_with("/" + model) || model == "*" || alias == "*") return;
    imported_.leave_out(where, fmt::format("clients ask for {} and {} is meant; keypool sends the "
                                           "model as it was asked: let them ask for {}",
                                           alias, model, model));
  }

  /// Calls for the model go to the first endpoint that has it; later ones take over from there.
  void send(const std::string& alias, const std::string& model, const ImportedEndpoint& endpoint,
            const std::string& where) {
    groups_[alias].push_back({model, endpoint.name});
    const auto route =
        std::ranges::find(imported_.routes, model, [](const auto& one) { return one.first; });
    if (route == imported_.routes.end()) {
      imported_.route(model, endpoint.name);
    } else if (route->second != endpoint.name) {
      fall_back(route->second, endpoint.name, where);
    }
  }

  void fall_back(const std::string& from, const std::string& to, const std::string& where) {
    const auto at = [&](const std::string& name) {
      return std::ranges::find(imported_.endpoints, name, &ImportedEndpoint::name);
    };
    const auto first = at(from);
    const auto second = at(to);
    if (first->dialect != second->dialect) {
      imported_.leave_out(where,
                          fmt::format("{} and {} speak differently; a call cannot go from one "
                                      "to the other",
                                      from, to));
      return;
    }
    if (std::ranges::find(first->fallback, to) == first->fallback.end()) {
      first->fallback.push_back(to);
    }
  }

  void read_price(const json& deployment, const json& parameters, const std::string& model) {
    const json about = deployment.value("model_info", json::object());
    const auto per_token = [&](const char* member) {
      for (const json* object : {&parameters, &about}) {
        if (object->contains(member) && object->at(member).is_number()) {
          return object->at(member).get<double>();
        }
      }
      return 0.0;
    };
    const ImportedPrice price{.input = per_token("input_cost_per_token") * 1e6,
                              .output = per_token("output_cost_per_token") * 1e6};
    if (price.input > 0 || price.output > 0) imported_.prices.emplace(model, price);
  }

  void read_settings(const json& config) {
    const json router = config.value("router_settings", json::object());
    const json litellm = config.value("litellm_settings", json::object());
    const json general = config.value("general_settings", json::object());
    for (const auto* settings : {&router, &litellm}) {
      if (const auto retries = count_at(*settings, "num_retries"); retries > 0) {
        imported_.attempts = static_cast<int>(std::min<std::uint64_t>(retries + 1, 10));
      }
      if (settings->contains("fallbacks")) read_fallbacks(settings->at("fallbacks"));
    }
    if (const auto seconds = count_at(router, "cooldown_time"); seconds > 0) {
      imported_.cooldown_seconds = static_cast<int>(std::min<std::uint64_t>(seconds, 3600));
    }
    read_strategy(text_at(router, "routing_strategy"));
    leave_out_the_rest("router_settings", router,
                       {"num_retries", "fallbacks", "cooldown_time", "routing_strategy"});
    leave_out_the_rest("litellm_settings", litellm, {"num_retries", "fallbacks"});
    leave_out_the_rest("general_settings", general, {});
  }

  void read_strategy(const std::string& strategy) {
    if (strategy == "least-busy") {
      imported_.policy = "least_loaded";
    } else if (strategy == "latency-based-routing" || strategy == "cost-based-routing") {
      imported_.leave_out(
          "router_settings.routing_strategy",
          strategy + ": keypool chooses by headroom; see tier for cheaper keys first");
    }
  }

  void read_fallbacks(const json& fallbacks) {
    for (const json& one : fallbacks) {
      if (!one.is_object()) continue;
      for (const auto& [from, targets] : one.items()) {
        for (const json& to : targets) {
          if (to.is_string()) read_fallback(from, to.get<std::string>());
        }
      }
    }
  }

  void read_fallback(const std::string& from, const std::string& to) {
    const std::string where = fmt::format("fallbacks: {} to {}", from, to);
    if (groups_[from].empty() || groups_[to].empty()) {
      imported_.leave_out(where, "one of them is not carried over");
      return;
    }
    const auto& [model, endpoint] = groups_[from].front();
    const auto& [other_model, other] = groups_[to].front();
    if (model == other_model && endpoint != other) {
      fall_back(endpoint, other, where);
    } else {
      imported_.leave_out(where,
                          "keypool does not change the model of a call; the client may ask "
                          "again for the other");
    }
  }

  void leave_out_the_rest(const std::string& section, const json& settings,
                          const std::set<std::string>& read) {
    if (!settings.is_object()) return;
    for (const auto& [name, value] : settings.items()) {
      if (read.contains(name)) continue;
      imported_.leave_out(section + "." + name, about_setting(name));
    }
  }

  static std::string about_setting(std::string_view name) {
    if (name == "master_key") return "clients have tokens of their own: keypool token create NAME";
    if (name.starts_with("redis") || name == "database_url") {
      return "keypool keeps its state in a file; see state";
    }
    if (name.starts_with("cache")) return "keypool does not keep answers";
    if (name.find("callback") != std::string_view::npos) return "see /metrics, and the dashboard";
    if (name == "allowed_fails" || name == "retry_policy" || name == "allowed_fails_policy") {
      return "each refusal is judged by what it says; see docs/providers.md";
    }
    if (name.find("timeout") != std::string_view::npos) {
      return "see limits.first_byte_time and limits.idle_time";
    }
    if (name == "model_group_alias" || name.ends_with("fallbacks")) {
      return "keypool does not change the model of a call";
    }
    return "keypool has nothing of the kind";
  }

  Imported& imported_;
  json variables_;
  std::set<std::string> used_;  // names of keys
  std::map<std::string, std::vector<std::pair<std::string, std::string>>>
      groups_;  // model, endpoint
};

}  // namespace

void read_litellm(const json& config, Imported& imported) {
  if (config.at("model_list").is_array()) Reader(imported).read(config);
}

}  // namespace keypool::cli
