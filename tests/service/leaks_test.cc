// Every secret of a whole day's session carries a mark; afterwards nothing that keypool wrote,
// printed or answered holds it, plain or encoded.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/service/service.h"

namespace keypool::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kMark = "KEYPOOLMARK";

std::string hex(std::string_view bytes, std::string_view digits) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4u];
    text += digits[byte & 15u];
  }
  return text;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  unsigned bits = 0;
  int count = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8u | byte;
    for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 63u];
  }
  return text;
}

/// The mark in base64 wherever it begins in what was encoded: the digits that are its own alone.
std::string base64_within(std::size_t before) {
  const auto text = base64(std::string(before, '-') + std::string(kMark));
  return text.substr((before * 8 + 5) / 6);
}

/// How the mark is found, and under which name.
std::map<std::string, std::string> spellings() {
  std::map<std::string, std::string> all{{"plain", std::string(kMark)},
                                         {"reversed", {kMark.rbegin(), kMark.rend()}},
                                         {"hexadecimal", hex(kMark, "0123456789abcdef")},
                                         {"HEXADECIMAL", hex(kMark, "0123456789ABCDEF")}};
  for (const std::size_t before : {0u, 1u, 2u}) {
    all.emplace("base64 after " + std::to_string(before), base64_within(before));
  }
  std::string percent;
  for (const char c : kMark) percent += "%" + hex({&c, 1}, "0123456789ABCDEF");
  all.emplace("percent", percent);
  return all;
}

/// What was looked through, and where the mark stood in it.
class Search {
 public:
  void look_at(const std::string& name, std::string_view bytes) {
    ++looked_at_;
    size_ += bytes.size();
    for (const auto& [how, spelled] : spellings_) {
      if (bytes.find(spelled) != bytes.npos) leaks_.push_back(name + " (" + how + ")");
    }
  }

  /// Every file below `folder` that is not in `without`.
  void look_into(const std::filesystem::path& folder, const std::set<std::string>& without = {}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file() || without.contains(entry.path().filename())) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      look_at(entry.path(), std::string{std::istreambuf_iterator<char>(file), {}});
    }
  }

  [[nodiscard]] const std::vector<std::string>& leaks() const noexcept { return leaks_; }
  [[nodiscard]] std::size_t looked_at() const noexcept { return looked_at_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  const std::map<std::string, std::string> spellings_ = spellings();
  std::vector<std::string> leaks_;
  std::size_t looked_at_ = 0;
  std::size_t size_ = 0;
};

TEST(Leaks, ThatArePlantedAreFound) {
  const std::string secret = "sk-" + std::string(kMark) + "-1";
  const std::vector<std::pair<std::string, std::string>> planted{
      {"plain", "log line: bad key " + secret + "\n"},
      {"base64", base64("user:" + secret + "@")},
      {"base64, moved by one", base64("u:" + secret)},
      {"base64, moved by two", base64(secret)},
      {"hexadecimal", hex(secret, "0123456789abcdef")},
      {"among zeros", std::string(5000, '\0') + secret + std::string(5000, '\0')},
  };
  TemporaryFolder folder;
  for (const auto& [name, content] : planted) folder.write(name, content);

  Search search;
  search.look_into(folder.path());

  EXPECT_EQ(search.looked_at(), planted.size());
  std::set<std::string> found;
  for (const auto& leak : search.leaks()) {
    found.insert(std::filesystem::path(leak.substr(0, leak.rfind(" ("))).filename());
  }
  EXPECT_THAT(found, SizeIs(planted.size()));
}

/// A provider that repeats the secret in its refusal of the key `echo`, and has bad moments.
lab::Scenario with_bad_moments(const std::vector<std::string>& secrets) {
  lab::Scenario scenario;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    scenario.keys.push_back({.name = "k" + std::to_string(i), .secret = secrets[i]});
  }
  scenario.faults.push_back(
      {.keys = "k1",
       .kind = lab::FaultKind::answer,
       .answer = {.status = 401,
                  .headers = {{"content-type", "application/json"}},
                  .body = fmt::format(R"({{"error":{{"message":"Incorrect API key provided: {0}",
                                         "type":"{0}","code":"invalid_api_key"}}}})",
                                      secrets[1])}});
  scenario.faults.push_back({.models = "limited", .error = lab::ErrorKind::rate_limit});
  scenario.faults.push_back({.models = "failing", .error = lab::ErrorKind::server_error});
  scenario.faults.push_back(
      {.models = "broken", .kind = lab::FaultKind::reset, .at = lab::FaultPoint::mid_body});
  return scenario;
}

class Session : public testing::Test {
 protected:
  static std::string secret(std::string_view which) {
    return fmt::format("sk-{}-{}", kMark, which);
  }

  Session()
      : service_(with_bad_moments(
            {secret("env-0"), secret("env-1"), secret("file"), secret("command"), secret("car")})) {
    service_.keypool().with("LAB_KEY", secret("env-0") + "," + secret("env-1"));
    service_.keypool().with("FILE_KEY_FILE", service_.keypool().file("file-key", secret("file")));
    service_.keypool().file("command-key", secret("command"));
    std::filesystem::create_directories(service_.home_file(".car"));
    service_.keypool().file(".car/env", "CAR_KEY=" + secret("car") + "\n");
    service_.write_configuration(configuration());
  }

  [[nodiscard]] std::string configuration() const {
    return fmt::format(R"(
endpoints:
  - name: lab
    base_url: PROVIDER
    dialect: openai
    policy: round_robin
    max_wait: 0s
    attempts: 1
    keys: [LAB_KEY, FILE_KEY, CAR_KEY, {{ name: VAULT_KEY, command: [cat, {}] }}, ABSENT_KEY]
  - name: nowhere
    base_url: http://127.0.0.1:1
    dialect: anthropic
    attempts: 1
    keys: [LAB_KEY]
)",
                       service_.home_file("command-key"));
  }

  void ask_gateway(const std::string& method, const std::string& target, std::string body = {},
                   http::Fields headers = {}) {
    headers.push_back({"authorization", "Bearer " + secret("client")});
    headers.push_back({"x-api-key", secret("client")});
    if (!body.empty()) headers.push_back({"content-type", "application/json"});
    const auto answer = http::fetch({.port = service_.gateway_port(),
                                     .method = method,
                                     .target = target,
                                     .headers = headers,
                                     .body = std::move(body)});
    look_at_answer("gateway " + target, answer);
  }

  void ask_admin(const std::string& method, const std::string& target, http::Fields headers = {}) {
    http::Fetch fetch{.port = service_.admin_port(), .method = method, .target = target};
    fetch.headers = std::move(headers);
    if (target.ends_with("/events")) {
      std::string events;
      fetch.on_body = [&events](std::string_view piece) {
        events += piece;
        return events.find("event: keys") == events.npos;
      };
      const auto answer = http::fetch(fetch);
      search_.look_at("admin " + target, events);
      return;
    }
    look_at_answer("admin " + target, http::fetch(fetch));
  }

  void look_at_answer(const std::string& name,
                      const std::expected<http::Answer, http::FetchError>& answer) {
    if (!answer) return search_.look_at(name, answer.error().message);
    std::string text = answer->body;
    for (const auto& header : answer->headers) text += header.name + ": " + header.value + "\n";
    search_.look_at(name, text);
  }

  int command(std::vector<std::string> arguments) {
    const auto name = fmt::format("keypool {}", arguments.front());
    const auto ended = service_.command(std::move(arguments));
    search_.look_at(name, ended.out + ended.err);
    return ended.code;
  }

  void call_in_every_way() {
    const auto chat = [this](std::string_view model, std::string_view more = "") {
      ask_gateway("POST", "/lab/v1/chat/completions",
                  fmt::format(R"({{"model":"{}","messages":[]{}}})", model, more));
    };
    for (int i = 0; i < 8; ++i) chat("m");
    chat("m", R"(,"stream":true)");
    chat("limited");
    chat("failing");
    chat("broken");
    ask_gateway("GET", "/lab/v1/models?key=" + secret("query"));
    ask_gateway("GET", "/v1/models?key=" + secret("query"));
    ask_gateway("GET", "/unknown/v1/models");
    ask_gateway("POST", "/nowhere/v1/messages", R"({"model":"m"})");
    ask_gateway("POST", "/lab/v1/responses", R"({"model":"m","input":"hi"})");
    ask_gateway("GET", "/lab/../" + std::string("x"));
  }

  void look_at_every_page() {
    const auto listing =
        http::fetch({.port = service_.admin_port(), .target = "/"}).value_or(http::Answer{}).body;
    EXPECT_NE(listing, "");
    ask_admin("GET", "/", {{"accept", "text/html"}});
    for (const char* const asset : {"app.js", "app.css", "index.html", "openapi.json"}) {
      ask_admin("GET", std::string("/assets/") + asset);
    }
    for (const char* const target :
         {"/", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/overview",
          "/api/v1/events", "/api/v1/endpoints", "/api/v1/keys", "/api/v1/keys?state=invalid",
          "/api/v1/keys/lab/LAB_KEY%5B1%5D", "/api/v1/lanes?endpoint=lab", "/api/v1/usage",
          "/api/v1/config", "/api/v1/nothing"}) {
      ask_admin("GET", target);
    }
    ask_admin("POST", "/api/v1/keys/lab/LAB_KEY%5B0%5D/disable");
    ask_admin("POST", "/api/v1/keys/lab/LAB_KEY%5B0%5D/enable");
    ask_admin("POST", "/api/v1/keys/lab/NOBODY/reset");
  }

  void use_every_command() {
    const auto admin = fmt::format("http://127.0.0.1:{}", service_.admin_port());
    const auto config = service_.configuration_path();
    const auto state = service_.state_folder().string();
    for (const bool json : {false, true}) {
      const auto with_json = [json](std::vector<std::string> arguments) {
        if (json) arguments.push_back("--json");
        return arguments;
      };
      command(with_json({"check", "--config", config}));
      command(with_json({"status", "--admin", admin}));
      command(with_json({"usage", "--state", state}));
      command(with_json({"reload", "--admin", admin}));
      command(with_json({"secrets", "list"}));
      command(with_json({"secrets", "available"}));
      command(with_json({"secrets", "status"}));
    }
    command({"usage", "--csv", "--state", state});
    command({"stats", "export", service_.home_file("stats.json"), "--state", state});
    command({"exec", "lab", "--config", config, "--", "true"});
    command({"secrets", "migrate-from-env"});
    command({"init", service_.home_file("made.yaml")});
    command({"secrets", "put", "LAB_KEY", secret("mistyped")});
    command({"--help"});
  }

  /// Files that hold secrets because the test put them there.
  [[nodiscard]] static std::set<std::string> own_files() {
    return {"file-key", "command-key", "env", "keypool.yaml"};
  }

  Service service_;
  Search search_;
};

TEST_F(Session, LeavesNoSecretAnywhere) {
  service_.start({"--log-level", "trace"});
  call_in_every_way();
  look_at_every_page();
  use_every_command();
  // A secret where none belongs is refused without being repeated.
  service_.write_configuration("endpoints: [{ name: lab, keys: [" + secret("misplaced") + "] }]");
  ask_admin("POST", "/api/v1/reload");
  command({"check", "--config", service_.configuration_path()});
  command({"serve", "--config", service_.configuration_path()});
  service_.write_configuration(configuration());
  service_.run().signal(SIGHUP);
  call_in_every_way();
  look_at_every_page();
  EXPECT_EQ(service_.stop(), 0);
  search_.look_at("the first run", service_.run().out() + service_.run().err());

  service_.start({"--log-level", "trace"});
  call_in_every_way();
  service_.run().signal(SIGABRT);
  service_.run().wait();
  search_.look_at("the run that crashed", service_.run().out() + service_.run().err());

  search_.look_into(service_.home_file(""), own_files());

  EXPECT_THAT(search_.leaks(), IsEmpty());
  EXPECT_GT(search_.looked_at(), 80u);
  EXPECT_GT(search_.size(), 100'000u);
  EXPECT_FALSE(std::filesystem::exists(service_.home_file("core")));
}

}  // namespace
}  // namespace keypool::test
