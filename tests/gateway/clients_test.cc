// Who may call, where, and how much.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "state/clients_in_force.h"
#include "state/ledger.h"
#include "state/usage.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using state::Client;
using state::Clients;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kToken = "kp_token-of-ci";
constexpr const char* kOther = "kp_token-of-web";
const std::string kBearer = std::string("Authorization: Bearer ") + kToken + "\r\n";
const std::string kOtherBearer = std::string("Authorization: Bearer ") + kOther + "\r\n";

Client ci() { return {.name = "ci", .token_hash = state::hash_of_token(kToken)}; }
Client web() { return {.name = "web", .token_hash = state::hash_of_token(kOther)}; }

std::string chat(std::string_view headers, std::string_view model = "m") {
  return post("/openai/v1/chat/completions", R"({"model":")" + std::string(model) + R"("})",
              headers);
}

std::string get(const std::string& target, std::string_view headers = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: gateway\r\n" + std::string(headers) + "\r\n";
}

std::string code_of(const Message& answer) {
  return json::parse(answer.body)["error"].value("code", "");
}

/// A provider that notes the requests that reach it, before a gateway for `clients`.
class Guarded {
 public:
  explicit Guarded(
      std::vector<Client> clients,
      std::function<void(config::Config&)> configure = [](config::Config&) {},
      ScriptedUpstream::Script script = {})
      : script_(script ? std::move(script) : noting()),
        upstream_(script_),
        gateway_(upstream_.port(),
                 {.configure = std::move(configure), .parts = {.clients = &in_force_}}) {
    allow(std::move(clients));
  }

  void allow(std::vector<Client> clients) {
    auto next = std::make_shared<Clients>(clients);
    next->continue_from(*in_force_.now());
    in_force_.replace(std::move(next));
  }

  Message call(std::string_view request) const { return gateway_.call(request); }
  [[nodiscard]] RunningGateway& gateway() { return gateway_; }
  [[nodiscard]] std::vector<std::string> reached() const { return reached_.all(); }
  [[nodiscard]] int connections() const { return upstream_.connections(); }

  /// Whether the client has used up its budget.
  [[nodiscard]] bool spent(std::string_view name) const {
    const auto refusal = in_force_.now()->named(name)->admit({}, system_clock().wall());
    return refusal && refusal->kind == state::ClientRefusal::Kind::budget;
  }

 private:
  ScriptedUpstream::Script noting() {
    return [this](Wire& wire) {
      while (auto request = wire.read()) {
        std::string text = request->start + "\n";
        for (const auto& [name, value] : request->headers) text += name + ": " + value + "\n";
        reached_.add(text + request->body);
        wire.send(json_answer(200, R"({"usage":{"prompt_tokens":12,"completion_tokens":5}})"));
      }
    };
  }

  state::ClientsInForce in_force_;
  Notes reached_;
  ScriptedUpstream::Script script_;
  ScriptedUpstream upstream_;
  RunningGateway gateway_;
};

TEST(ClientToken, IsTakenWhereverSdksPutItAndNeverForwarded) {
  const std::string token = kToken;
  const struct {
    const char* name;
    std::string request;
  } rows[] = {
      {"OpenAI's", chat(kBearer)},
      {"Anthropic's", chat("x-api-key: " + token + "\r\n")},
      {"Azure's", chat("api-key: " + token + "\r\n")},
      {"Google's", chat("x-goog-api-key: " + token + "\r\n")},
      {"Google's in the query", get("/openai/v1/models?alt=sse&key=" + token)},
      {"in percents", get("/openai/v1/models?k%65y=kp%5Ftoken%2dof-ci")},
      {"beside a placeholder",
       chat("Authorization: Bearer unused\r\nx-api-key: " + token + "\r\n")},
      {"under /v1", post("/v1/chat/completions", R"({"model":"m"})", kBearer)},
  };
  for (const auto& row : rows) {
    Guarded guarded({ci(), web()});
    EXPECT_EQ(guarded.call(row.request).status(), 200) << row.name;
    const auto reached = guarded.reached();
    ASSERT_EQ(reached.size(), 1u) << row.name;
    EXPECT_THAT(reached[0], Not(HasSubstr("of-ci"))) << row.name;
    EXPECT_THAT(reached[0], HasSubstr("authorization: Bearer sk-0")) << row.name;
  }
}

TEST(ClientToken, IsAskedForInTheDialectsShape) {
  struct Row {
    provider::Dialect dialect;
    const char* where;  ///< of the code
  };
  for (const Row& row : {Row{provider::Dialect::openai, "/error/code"},
                         Row{provider::Dialect::anthropic, "/error/code"},
                         Row{provider::Dialect::azure_openai, "/error/code"},
                         Row{provider::Dialect::generic, "/error/code"}}) {
    Guarded guarded(
        {ci()}, [&](config::Config& config) { config.endpoints.front().dialect = row.dialect; });
    const auto answer = guarded.call(post("/openai/v1/x", "{}", kOtherBearer));
    EXPECT_EQ(answer.status(), 401) << provider::to_string(row.dialect);
    EXPECT_EQ(json::parse(answer.body)[json::json_pointer(row.where)], "unauthorized")
        << answer.body;
    EXPECT_EQ(answer.header("x-should-retry"), "false");
    EXPECT_EQ(guarded.connections(), 0);
  }
}

TEST(ClientToken, IsAskedForInGooglesShape) {
  Guarded guarded({ci()}, [](config::Config& config) {
    config.endpoints.front().dialect = provider::Dialect::gemini;
  });
  const auto answer = guarded.call(post("/openai/v1beta/models/g:generateContent", "{}"));
  EXPECT_EQ(answer.status(), 401);
  EXPECT_EQ(json::parse(answer.body)["error"]["code"], 401);
  EXPECT_EQ(json::parse(answer.body)["error"]["status"], "UNAUTHENTICATED");
}

TEST(ClientToken, IsNotRepeatedInTheRefusal) {
  Guarded guarded({ci()});
  EXPECT_THAT(guarded.call(chat(kOtherBearer)).body, Not(HasSubstr(kOther)));
}

TEST(ClientToken, IsAskedForBeforeTheBodyComes) {
  Guarded guarded({ci()});
  auto client = guarded.gateway().connect();

  client.send("POST /openai/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");

  EXPECT_EQ(client.read()->status(), 401);
  EXPECT_EQ(guarded.connections(), 0);
}

TEST(ClientToken, IsAskedForInsteadOfTheBodyThatAClientHoldsBack) {
  Guarded guarded({ci()});
  auto client = guarded.gateway().connect();
  client.send(
      "POST /openai/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read()->status(), 401);
}

// A request in the body of one that was refused is no request.
TEST(ClientToken, LeavesNoUnreadBodyBehindOnTheConnection) {
  Guarded guarded({ci()});
  const auto inner = chat(kBearer);
  auto client = guarded.gateway().connect();
  client.send("POST /openai/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: " +
              std::to_string(inner.size() + 1) + "\r\n\r\n");
  EXPECT_EQ(client.read()->status(), 401);

  client.send(inner);

  EXPECT_EQ(client.wait_for_end(), Wire::End::closed);
  EXPECT_THAT(guarded.reached(), IsEmpty());
}

TEST(ClientToken, MayComeWithTheNextRequestOnTheConnection) {
  Guarded guarded({ci()});
  auto client = guarded.gateway().connect();
  client.send(chat(""));
  EXPECT_EQ(client.read()->status(), 401);
  client.send(chat(kBearer));
  EXPECT_EQ(client.read()->status(), 200);
  client.send(chat(kOtherBearer));
  EXPECT_EQ(client.read()->status(), 401);
  client.send(chat(kBearer));
  EXPECT_EQ(client.read()->status(), 200);
}

TEST(ClientToken, IsGoodForNothingOnceRevokedAlsoOnAnOpenConnection) {
  Guarded guarded({ci(), web()});
  auto client = guarded.gateway().connect();
  client.send(chat(kBearer));
  ASSERT_EQ(client.read()->status(), 200);

  guarded.allow({web()});

  client.send(chat(kBearer));
  EXPECT_EQ(client.read()->status(), 401);
}

TEST(ClientToken, IsNotAskedForWhereNobodyHasOne) {
  Guarded guarded({});
  EXPECT_EQ(guarded.call(chat("")).status(), 200);
  EXPECT_EQ(guarded.call(chat(kBearer)).status(), 200);
}

TEST(ClientToken, IsAskedForFromTheMomentSomebodyHasOne) {
  Guarded guarded({});
  auto client = guarded.gateway().connect();
  client.send(chat(""));
  ASSERT_EQ(client.read()->status(), 200);
  guarded.allow({ci()});
  client.send(chat(""));
  EXPECT_EQ(client.read()->status(), 401);
}

TEST(ClientScope, IsKeptBeforeAnythingReachesTheProvider) {
  auto bound = ci();
  bound.endpoints = {"openai"};
  bound.models = {"gpt-*"};
  const struct {
    const char* name;
    std::string request;
    int status;
    const char* code;
  } rows[] = {
      {"its endpoint and model", chat(kBearer, "gpt-4.1"), 200, ""},
      {"another endpoint", post("/local/v1/x", "{}", kBearer), 403, "forbidden_endpoint"},
      {"another endpoint by its route", post("/v1/x", R"({"model":"llama"})", kBearer), 403,
       "forbidden_endpoint"},
      {"another model", chat(kBearer, "o4-mini"), 403, "forbidden_model"},
      {"another model, said last",
       post("/openai/v1/x", R"({"model":"gpt-4","model":"o4"})", kBearer), 403, "forbidden_model"},
      {"a call that names none", post("/openai/v1/batches", "{}", kBearer), 403, "forbidden_model"},
      {"a look at the models", get("/openai/v1/models", kBearer), 200, ""},
      {"a realtime connection that names none",
       get("/openai/v1/realtime", kBearer + "Connection: upgrade\r\nUpgrade: websocket\r\n"), 403,
       "forbidden_model"},
  };
  for (const auto& row : rows) {
    Guarded guarded({bound}, [](config::Config& config) {
      auto local = config.endpoints.front();
      local.name = "local";
      config.endpoints.push_back(local);
      config.routes = {{"llama", "local"}};
    });
    const auto answer = guarded.call(row.request);
    EXPECT_EQ(answer.status(), row.status) << row.name;
    if (row.status == 200) continue;
    EXPECT_EQ(code_of(answer), row.code) << row.name;
    EXPECT_EQ(answer.header("x-should-retry"), "false") << row.name;
    EXPECT_EQ(guarded.connections(), 0) << row.name;
  }
}

TEST(ClientScope, OfAnEndpointIsKeptBeforeTheBodyComes) {
  auto bound = ci();
  bound.endpoints = {"elsewhere"};
  Guarded guarded({bound});
  auto client = guarded.gateway().connect();
  client.send("POST /openai/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n" + kBearer +
              "\r\n");
  EXPECT_EQ(client.read()->status(), 403);
}

TEST(ClientScope, HoldsForEndpointsThatStandIn) {
  ScriptedUpstream spare(always(json_answer(200, "{}")));
  auto bound = ci();
  bound.endpoints = {"openai"};
  const auto configure = [&](config::Config& config) {
    auto& openai = config.endpoints.front();
    openai.attempts = 1;
    auto other = openai;
    other.name = "spare";
    other.base_url.port = spare.port();
    openai.fallback = {"spare"};
    config.endpoints.push_back(other);
  };
  Guarded guarded({bound, web()}, configure, always(json_answer(500, "{}")));

  EXPECT_EQ(guarded.call(chat(kBearer)).status(), 500);
  EXPECT_EQ(guarded.call(chat(kOtherBearer)).header("x-keypool-endpoint"), "spare");
}

TEST(ClientRate, IsRefusedWithTheTimeToComeBack) {
  auto slow = ci();
  slow.rpm = 1;
  Guarded guarded({slow, web()});
  ASSERT_EQ(guarded.call(chat(kBearer)).status(), 200);

  const auto answer = guarded.call(chat(kBearer));

  EXPECT_EQ(answer.status(), 429);
  EXPECT_EQ(code_of(answer), "client_limit");
  EXPECT_EQ(answer.header("x-should-retry"), "true");
  const int seconds = std::stoi(answer.header("retry-after"));
  EXPECT_GE(seconds, 1);
  EXPECT_LE(seconds, 60);
  EXPECT_EQ(guarded.call(chat(kOtherBearer)).status(), 200);
}

TEST(ClientBudget, IsChargedWithWhatTheProviderTells) {
  auto poor = ci();
  poor.tokens_per_day = 18;
  Guarded guarded({poor});
  ASSERT_EQ(guarded.call(chat(kBearer)).status(), 200);  // 12 + 5 tokens
  ASSERT_EQ(guarded.call(chat(kBearer)).status(), 200);
  ASSERT_TRUE(guarded.gateway().idle());

  const auto answer = guarded.call(chat(kBearer));

  EXPECT_EQ(answer.status(), 429);
  EXPECT_EQ(code_of(answer), "budget_exceeded");
  EXPECT_THAT(answer.body, HasSubstr("budget_tokens_per_day"));
  EXPECT_EQ(answer.header("x-should-retry"), "false");
  const int seconds = std::stoi(answer.header("retry-after"));
  EXPECT_GE(seconds, 1);
  EXPECT_LE(seconds, 24 * 3600);
  EXPECT_EQ(guarded.reached().size(), 2u);
}

TEST(ClientBudget, IsChargedInMoneyByTheModelsPrice) {
  auto poor = ci();
  poor.micro_usd_per_day = 1;
  Guarded guarded({poor}, [](config::Config& config) {
    config.prices = {{"m", {.input = 1'000'000, .output = 1'000'000}}};
  });
  ASSERT_EQ(guarded.call(chat(kBearer)).status(), 200);
  ASSERT_TRUE(guarded.gateway().idle());
  EXPECT_THAT(guarded.call(chat(kBearer)).body, HasSubstr("budget_usd_per_day"));
}

TEST(ClientBudget, IsChargedWithWhatAClientThatHungUpHasSeen) {
  auto poor = ci();
  poor.tokens_per_day = 1;
  const auto stream = [](Wire& wire) {
    wire.read();
    const std::string event =
        "data: {\"choices\":[{\"delta\":{\"content\":\"some text of a stream\"}}]}\n\n";
    wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + event);
    wire.wait_for_end();
  };
  Guarded guarded(
      {poor}, [](config::Config&) {}, stream);
  auto client = guarded.gateway().connect();
  client.send(chat(kBearer));
  ASSERT_TRUE(client.read_until("some text"));

  client.close();

  ASSERT_TRUE(guarded.gateway().idle());
  EXPECT_TRUE(guarded.spent("ci"));
}

TEST(ClientBudget, OutlastsARestart) {
  auto poor = ci();
  poor.tokens_per_day = 17;
  ScriptedUpstream upstream(
      always(json_answer(200, R"({"usage":{"prompt_tokens":12,"completion_tokens":5}})")));
  state::Store store({.folder = ":memory:"});
  const auto run_once = [&] {
    state::ClientsInForce in_force;
    auto clients = std::make_shared<Clients>(std::vector{poor, web()});
    EXPECT_TRUE(clients->charge_from(store, system_clock().wall()));
    in_force.replace(std::move(clients));
    state::Ledger ledger(store, {.every = 0ms});
    RunningGateway gateway(upstream.port(), {.parts = {.ledger = &ledger, .clients = &in_force}});
    EXPECT_EQ(gateway.call(chat(kOtherBearer)).status(), 200);
    const int status = gateway.call(chat(kBearer)).status();
    EXPECT_TRUE(gateway.idle());
    return status;
  };
  EXPECT_EQ(run_once(), 200);
  EXPECT_EQ(run_once(), 429);

  const auto rows = state::usage(store, {.by = {state::By::client}}).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].labels, ElementsAre("ci"));
  EXPECT_EQ(rows[0].figures.tokens(), 17u);
  EXPECT_THAT(rows[1].labels, ElementsAre("web"));
  EXPECT_EQ(rows[1].figures.requests(), 2u);
}

// They call from one machine, so that nothing but their tokens tells them apart.
TEST(ClientTurns, ComeByTurnsWhateverOneOfThemPilesUp) {
  Event go_on;
  Notes served;
  const auto script = [&](Wire& wire) {
    while (const auto request = wire.read()) {
      served.add(request->body);
      if (request->body == "first" && !go_on.wait()) return;
      if (!wire.send(json_answer(200, "{}"))) return;
    }
  };
  Guarded guarded(
      {ci(), web()}, [](config::Config& config) { config.endpoints.front().max_wait = 3600s; },
      script);
  auto& pool = guarded.gateway().pool();
  pool.configure_key("openai", "K0", {.max_in_flight = 1});
  std::vector<Wire> clients;
  const auto send = [&](const std::string& body, const std::string& bearer) {
    const auto waiting = pool.waiting("openai");
    clients.push_back(guarded.gateway().connect());
    clients.back().send(post("/openai/x", body, bearer));
    EXPECT_TRUE(eventually([&] {
      return body == "first" ? served.all().size() == 1 : pool.waiting("openai") == waiting + 1;
    }));
  };
  send("first", kBearer);
  for (int i = 1; i <= 4; ++i) send("burst " + std::to_string(i), kBearer);
  send("single", kOtherBearer);

  go_on.raise();

  for (auto& client : clients) EXPECT_EQ(client.read()->status(), 200);
  EXPECT_THAT(served.all(),
              ElementsAre("first", "burst 1", "single", "burst 2", "burst 3", "burst 4"));
}

}  // namespace
}  // namespace keypool::gateway::testing
