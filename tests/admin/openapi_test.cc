// docs/openapi.json against the server: what it describes is there, as it describes it, and nothing
// else.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

const json& description() {
  static const json read = [] {
    std::ifstream file(KEYPOOL_SOURCE_DIR "/docs/openapi.json");
    return json::parse(file);
  }();
  return read;
}

bool is_of_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

/// As much of JSON Schema as the description uses.
void expect_valid(const json& value, const json& schema, const std::string& where) {
  if (const auto reference = schema.find("$ref"); reference != schema.end()) {
    const auto pointer = json::json_pointer(reference->get<std::string>().substr(1));
    return expect_valid(value, description().at(pointer), where);
  }
  const json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
  EXPECT_TRUE(std::ranges::any_of(types, [&](const json& type) { return is_of_type(value, type); }))
      << where << " is " << value;
  if (schema.contains("enum")) {
    EXPECT_NE(std::ranges::find(schema["enum"], value), schema["enum"].end())
        << where << " is " << value;
  }
  if (value.is_number() && schema.contains("minimum")) EXPECT_GE(value, schema["minimum"]) << where;
  if (value.is_array() && schema.contains("items")) {
    for (const json& item : value) expect_valid(item, schema["items"], where + "[]");
  }
  if (!value.is_object() || !schema.contains("properties")) return;
  for (const json& name : schema.value("required", json::array())) {
    EXPECT_TRUE(value.contains(name)) << where << " lacks " << name;
  }
  for (const auto& [name, field] : value.items()) {
    const bool described = schema["properties"].contains(name);
    EXPECT_TRUE(described) << where << " has " << name << ", which is not described";
    if (described) expect_valid(field, schema["properties"][name], where + "." + name);
  }
}

TEST(OpenApi, DescribesWhatTheServerHasAndNothingElse) {
  std::set<std::string> described;
  for (const auto& [path, methods] : description()["paths"].items()) {
    for (const auto& [method, what] : methods.items()) {
      described.insert((method == "get" ? "GET " : "POST ") + path);
    }
  }
  std::set<std::string> served;
  for (const Endpoint& endpoint : api()) {
    served.insert(std::string(endpoint.method) + " " + std::string(endpoint.path));
  }
  EXPECT_EQ(described, served);
}

TEST(OpenApi, IsServed) {
  WatchedPool watched;
  const auto answer = watched.ask("GET", "/api/v1/openapi.json");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(json::parse(answer.body), description());
}

struct Case {
  std::string name;
  std::string method;
  std::string path;  ///< as the description has it
  std::string target;
  std::string body;
  int status;
};

class OpenApiAnswer : public testing::TestWithParam<Case> {};

TEST_P(OpenApiAnswer, IsAsDescribed) {
  const Case& given = GetParam();
  WatchedPool watched;
  watched.pool.configure_key(
      "openai", "OPENAI_API_KEY[0]",
      {.limits = {{.model = "*", .limits = {.most = {{60, 0, 0, 0, 0, 0}}}}}});
  auto lease = watched.pool.lease("openai", {.model = "gpt-4.1"});
  watched.pool.report_rate_limit("openai", "OPENAI_API_KEY[1]", std::chrono::milliseconds(60'000));

  watched.ledger.new_tally().add(
      {.endpoint = "openai", .key = "OPENAI_API_KEY[0]", .model = "gpt-4.1", .figures = {{1}}});

  watched.calls = {{.id = 1, .outcome = "answered", .tries = {{.verdict = "success"}}}};

  const auto answer = watched.ask(given.method, given.target, given.body);

  EXPECT_EQ(answer.status, given.status);
  const json& operation =
      description()["paths"][given.path][given.method == "GET" ? "get" : "post"];
  ASSERT_TRUE(operation["responses"].contains(std::to_string(given.status)));
  const json& schema =
      operation["responses"][std::to_string(given.status)]["content"]["application/json"]["schema"];
  expect_valid(json::parse(answer.body), schema, given.path);
}

constexpr const char* kKeyPath = "/api/v1/keys/{endpoint}/{name}";
constexpr const char* kKey = "/api/v1/keys/openai/OPENAI_API_KEY[0]";

INSTANTIATE_TEST_SUITE_P(
    Requests, OpenApiAnswer,
    testing::Values(Case{"Health", "GET", "/healthz", "/healthz", "", 200},
                    Case{"Readiness", "GET", "/readyz", "/readyz", "", 200},
                    Case{"Overview", "GET", "/api/v1/overview", "/api/v1/overview", "", 200},
                    Case{"Endpoints", "GET", "/api/v1/endpoints", "/api/v1/endpoints", "", 200},
                    Case{"Keys", "GET", "/api/v1/keys", "/api/v1/keys?sort=load", "", 200},
                    Case{"KeysWithABadParameter", "GET", "/api/v1/keys", "/api/v1/keys?sort=x", "",
                         400},
                    Case{"KeysOfNobody", "GET", "/api/v1/keys", "/api/v1/keys?endpoint=x", "", 404},
                    Case{"OneKey", "GET", kKeyPath, kKey, "", 200},
                    Case{"NoKey", "GET", kKeyPath, "/api/v1/keys/openai/X", "", 404},
                    Case{"Lanes", "GET", "/api/v1/lanes", "/api/v1/lanes?endpoint=openai", "", 200},
                    Case{"LanesOfNothing", "GET", "/api/v1/lanes", "/api/v1/lanes", "", 400},
                    Case{"Usage", "GET", "/api/v1/usage",
                         "/api/v1/usage?by=hour&group=endpoint,key,model,client", "", 200},
                    Case{"UsageOfAnotherCalendar", "GET", "/api/v1/usage",
                         "/api/v1/usage?from=1403-09-04-", "", 400},
                    Case{"Calls", "GET", "/api/v1/calls", "/api/v1/calls?limit=5", "", 200},
                    Case{"CallsOfAnotherOutcome", "GET", "/api/v1/calls",
                         "/api/v1/calls?outcome=fine", "", 400},
                    Case{"Config", "GET", "/api/v1/config", "/api/v1/config", "", 200},
                    Case{"Disable", "POST", "/api/v1/keys/{endpoint}/{name}/{command}",
                         std::string(kKey) + "/disable", "", 200},
                    Case{"Weigh", "POST", "/api/v1/keys/{endpoint}/{name}/weight",
                         std::string(kKey) + "/weight", R"({"weight": 2})", 200},
                    Case{"AddNothing", "POST", "/api/v1/keys", "/api/v1/keys",
                         R"({"endpoint": "openai", "name": "KEYPOOL_TEST_NOWHERE"})", 422},
                    Case{"Explode", "POST", "/api/v1/keys/{endpoint}/{name}/{command}",
                         std::string(kKey) + "/explode", "", 404},
                    Case{"DisableAll", "POST", "/api/v1/keys/{command}", "/api/v1/keys/disable",
                         R"({"endpoint": "openai"})", 200},
                    Case{"DisableNothing", "POST", "/api/v1/keys/{command}", "/api/v1/keys/disable",
                         "{}", 400}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace keypool::admin
