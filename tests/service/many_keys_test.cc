// 41,000 keys in one list, as one account of a large seller of keys has them.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/service.h"

namespace keypool::test {
namespace {

constexpr int kKeys = 41'000;

TEST(ManyKeys, InOneListServeAndAreShownAndReloaded) {
  Service service(lab::Scenario{});  // takes any credential
  std::string list;
  for (int i = 0; i < kKeys; ++i) list += "sk-many-" + std::to_string(1'000'000 + i) + "\n";
  service.keypool().file("keys", list);
  service.keypool().with("LAB_KEY_FILE", service.home_file("keys"));
  service.configure("      - LAB_KEY");

  service.start();

  EXPECT_EQ(service.call(service.chat()).status, 200);
  EXPECT_EQ(service.admin("/api/v1/endpoints")["endpoints"][0]["keys"], kKeys);
  const auto status =
      service.command({"status", "--admin", "127.0.0.1:" + std::to_string(service.admin_port())});
  EXPECT_EQ(status.code, 0);
  EXPECT_THAT(status.out, testing::HasSubstr("41,000 of 41,000 keys ready."));

  service.keypool().file("keys", list + "sk-many-one-more\n");
  EXPECT_EQ(service.reload().out, "Reloaded: 1 key added.\n  key lab/LAB_KEY[41000] added\n");
  EXPECT_EQ(service.stop(), 0);
}

}  // namespace
}  // namespace keypool::test
