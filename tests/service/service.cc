#include "tests/service/service.h"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "state/store.h"
#include "state/usage.h"

namespace keypool::test {
namespace {

std::uint16_t port_in(const std::string& digits) {
  return digits.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(std::stoi(digits));
}

}  // namespace

Service::Service(lab::Scenario scenario) : provider_(std::move(scenario)) {
  if (const auto started = provider_.start(); !started) throw std::runtime_error(started.error());
}

void Service::configure(std::string_view keys, std::string_view more) {
  write_configuration(fmt::format(R"(
endpoints:
  - name: lab
    base_url: PROVIDER
    dialect: openai
    max_wait: 30s
    keys:
{}
{}
)",
                                  keys, more));
}

void Service::write_configuration(std::string text) {
  constexpr std::string_view kProvider = "PROVIDER";
  const auto url = fmt::format("http://127.0.0.1:{}", provider_.port());
  for (auto at = text.find(kProvider); at != text.npos; at = text.find(kProvider, at)) {
    text.replace(at, kProvider.size(), url);
  }
  keypool_.file("keypool.yaml", text);
}

void Service::start(std::vector<std::string> more) {
  std::vector<std::string> arguments{"serve",       "--config",    configuration_path(),
                                     "--listen",    "127.0.0.1:0", "--admin-listen",
                                     "127.0.0.1:0", "--state",     state_folder().string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  run_.reset(new Program(keypool_.start(std::move(arguments))));
  gateway_port_ = port_in(run_->wait_for("calls  http://127\\.0\\.0\\.1:(\\d+)"));
  admin_port_ = port_in(run_->wait_for("admin  http://127\\.0\\.0\\.1:(\\d+)"));
}

int Service::stop() {
  run_->signal(SIGTERM);
  return run_->wait();
}

void Service::kill() {
  run_->signal(SIGKILL);
  run_->wait();
}

http::Fetch Service::chat(http::Fields headers) const {
  headers.push_back({"content-type", "application/json"});
  return {.port = gateway_port_,
          .method = "POST",
          .target = "/lab/v1/chat/completions",
          .headers = std::move(headers),
          .body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"};
}

http::Answer Service::call(http::Fetch fetch) const {
  fetch.port = gateway_port_;
  auto answer = http::fetch(std::move(fetch));
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(http::Answer{.status = 0});
}

nlohmann::json Service::admin(std::string target, std::string method) const {
  const auto answer =
      http::fetch({.port = admin_port_, .method = std::move(method), .target = std::move(target)});
  EXPECT_TRUE(answer) << answer.error().message;
  return answer ? nlohmann::json::parse(answer->body) : nlohmann::json();
}

Service::Ended Service::command(std::vector<std::string> arguments) {
  auto run = keypool_.start(std::move(arguments));
  const int code = run.wait();
  return {code, run.out(), run.err()};
}

Service::Ended Service::reload() {
  return command({"reload", "--admin", fmt::format("http://127.0.0.1:{}", admin_port_)});
}

std::string Service::home_file(const std::string& name) const {
  return keypool_.environment().at("HOME") + "/" + name;
}

state::Figures Service::ledger() const {
  state::Store store({.folder = state_folder()});
  const auto rows = state::usage(store, {});
  EXPECT_TRUE(rows) << rows.error().message;
  state::Figures all;
  for (const auto& row : rows.value_or(std::vector<state::UsageRow>{})) all += row.figures;
  return all;
}

std::vector<lab::Key> lab_keys(int count) {
  std::vector<lab::Key> keys;
  for (int i = 0; i < count; ++i) {
    keys.push_back({.name = "k" + std::to_string(i), .secret = secret_of(i)});
  }
  return keys;
}

std::string secret_of(int key) { return "sk-lab-" + std::to_string(key); }

std::uint64_t served_by(const lab::Provider& provider) {
  const auto seen = provider.observed();
  std::uint64_t served = 0;
  for (const auto& key : seen.keys) served += key.served;
  return served;
}

}  // namespace keypool::test
