// The same kind of requests against the operator's port.
#include "admin/admin.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/gateway/wire.h"
#include "tests/hostile/case_file.h"
#include "tests/hostile/expect.h"

namespace keypool::hostile {
namespace {

using gateway::testing::Wire;

constexpr std::string_view kProbe = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(HostileAdmin, RequestsAreReadInOneWayOrRefused) {
  config::Config config;
  config.admin = {"127.0.0.1", 0};
  config.endpoints.emplace_back().name = "openai";
  KeyPool pool;
  pool.add_key("openai", {.name = "K0", .secret = Secret("sk-0")});
  admin::Admin admin({.config = config,
                      .pool = pool,
                      .traffic = [] { return admin::Traffic{.endpoints = {{}}}; },
                      .usage = [](const auto&) { return admin::UsageRows(); },
                      .used = [] { return admin::UsedBySeries(); },
                      .calls = [](const auto&) { return std::vector<state::CallRecord>(); },
                      .plan = [](const auto&, const auto&) { return false; }});
  ASSERT_TRUE(admin.start());

  for (const auto& row : read_cases(KEYPOOL_HOSTILE_CASES "/admin.cases")) {
    for (const auto sends : {Sends::whole, Sends::bytewise}) {
      if (sends == Sends::bytewise && row.request.size() > 2000) continue;
      SCOPED_TRACE(row.place + " " + row.name + " (" + row.rule + ")");
      expect_answers(row, Wire::to(admin.port()), sends, kProbe);
    }
  }

  EXPECT_EQ(pool.stats("openai").at(0).state, KeyState::ready) << "nobody disabled it";
}

}  // namespace
}  // namespace keypool::hostile
