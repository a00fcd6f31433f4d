#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <keypool/keypool.h>

namespace {

constexpr const char* kEndpoint = "https://api.openai.com";
constexpr std::int64_t kMinuteMs = 60'000;

struct FreePool {
  void operator()(keypool_pool* pool) const { keypool_free(pool); }
};
struct FreeLease {
  void operator()(keypool_lease* lease) const { keypool_lease_free(lease); }
};
using PoolHandle = std::unique_ptr<keypool_pool, FreePool>;
using LeaseHandle = std::unique_ptr<keypool_lease, FreeLease>;

class CInterface : public testing::Test {
 protected:
  CInterface() {
    add("FIRST");
    add("SECOND");
  }

  void add(const char* name) {
    const std::string secret = std::string("sk-") + name;
    ASSERT_EQ(keypool_add_key(pool_.get(), kEndpoint, name, secret.data(), secret.size()), 1);
  }

  LeaseHandle lease(const keypool_request* request = nullptr) {
    keypool_lease* lease = nullptr;
    status_ = keypool_lease_now(pool_.get(), kEndpoint, request, &lease, &refusal_);
    return LeaseHandle(lease);
  }

  keypool_key_stats stats_of(std::string_view name) {
    struct Wanted {
      std::string_view name;
      keypool_key_stats found;
    } wanted{name, {}};
    keypool_stats(
        pool_.get(), kEndpoint,
        [](void* context, const keypool_key_stats* key) {
          auto& asked = *static_cast<Wanted*>(context);
          if (asked.name == key->name) asked.found = *key;
        },
        &wanted);
    return wanted.found;
  }

  PoolHandle pool_{keypool_new(nullptr)};
  keypool_refusal refusal_ = KEYPOOL_REFUSAL_INIT;
  keypool_status status_ = KEYPOOL_FAILED;
};

TEST_F(CInterface, LeasesAKeyWithItsSecret) {
  const LeaseHandle held = lease();
  ASSERT_EQ(status_, KEYPOOL_LEASED);

  std::size_t size = 0;
  const char* secret = keypool_lease_secret(held.get(), &size);
  EXPECT_EQ(std::string_view(secret, size),
            std::string("sk-") + keypool_lease_key_name(held.get()));
}

TEST_F(CInterface, CountsWhatASuccessReports) {
  const LeaseHandle held = lease();
  keypool_success success = KEYPOOL_SUCCESS_INIT;
  success.latency_ms = 500;
  success.input_tokens = 100;
  success.output_tokens = 50;
  keypool_lease_succeed(held.get(), &success);

  const auto key = stats_of(keypool_lease_key_name(held.get()));
  EXPECT_EQ(key.successes, 1u);
  EXPECT_EQ(key.latency_ms, 500u);
  EXPECT_EQ(key.input_tokens, 100u);
  EXPECT_EQ(key.output_tokens, 50u);
  EXPECT_EQ(key.in_flight, 0u);
}

TEST_F(CInterface, HasNoSecretOnceTheLeaseHasEndedButStillTheKeysName) {
  const LeaseHandle held = lease();
  keypool_lease_release(held.get());

  std::size_t size = 1;
  EXPECT_EQ(keypool_lease_secret(held.get(), &size), nullptr);
  EXPECT_EQ(size, 0u);
  EXPECT_STRNE(keypool_lease_key_name(held.get()), "");
}

TEST_F(CInterface, AbandonsALeaseThatIsFreedWithoutAReport) {
  std::string name;
  {
    const LeaseHandle held = lease();
    name = keypool_lease_key_name(held.get());
  }
  EXPECT_EQ(stats_of(name).abandoned, 1u);
}

TEST_F(CInterface, SaysWhyThereIsNoLeaseAndWhenThereWillBeOne) {
  keypool_lease_rate_limited(lease().get(), 20'000);
  keypool_lease_rate_limited(lease().get(), 20'000);

  EXPECT_EQ(lease(), nullptr);
  EXPECT_EQ(status_, KEYPOOL_ALL_COOLING);
  EXPECT_GT(refusal_.retry_after_ms, 0);
  EXPECT_LE(refusal_.retry_after_ms, 20'000);
  EXPECT_NE(std::string_view(refusal_.message).find(kEndpoint), std::string_view::npos);
}

TEST_F(CInterface, CutsAMessageOffThatIsLongerThanItsPlace) {
  std::vector<std::string> names;
  std::vector<const char*> pointers;
  for (int i = 0; i < 100; ++i) names.push_back("KEYPOOL_TEST_NOT_SET_" + std::to_string(i));
  for (const auto& name : names) pointers.push_back(name.c_str());
  EXPECT_EQ(keypool_register(pool_.get(), "groq", pointers.data(), pointers.size()), 0u);

  keypool_lease* held = nullptr;
  EXPECT_EQ(keypool_lease_now(pool_.get(), "groq", nullptr, &held, &refusal_), KEYPOOL_NO_KEYS);
  EXPECT_EQ(std::strlen(refusal_.message), sizeof(refusal_.message) - 1);
}

TEST_F(CInterface, KeepsLanesOfModelsApart) {
  keypool_request request = KEYPOOL_REQUEST_INIT;
  request.model = "gpt-4.1";
  keypool_lease_rate_limited(lease(&request).get(), 20'000);
  keypool_lease_rate_limited(lease(&request).get(), 20'000);

  EXPECT_EQ(lease(&request), nullptr);
  request.model = "gpt-4.1-mini";
  EXPECT_NE(lease(&request), nullptr);
}

TEST_F(CInterface, TakesAKeyOutThatTheProviderRefuses) {
  const LeaseHandle held = lease();
  EXPECT_EQ(keypool_lease_key_refused(held.get(), "incorrect API key"), 1);

  const auto key = stats_of(keypool_lease_key_name(held.get()));
  EXPECT_EQ(key.state, KEYPOOL_INVALID);
}

TEST_F(CInterface, TakesAWholeQuotaGroupOutThatHasNoCredit) {
  const LeaseHandle first = lease();
  const LeaseHandle second = lease();
  keypool_lease_belongs_to(first.get(), "org-1");
  keypool_lease_belongs_to(second.get(), "org-1");
  keypool_lease_release(second.get());
  keypool_lease_group_depleted(first.get(), "insufficient quota", -1);

  EXPECT_EQ(stats_of("FIRST").state, KEYPOOL_DEPLETED);
  EXPECT_EQ(stats_of("SECOND").state, KEYPOOL_DEPLETED);
}

TEST_F(CInterface, KeepsToALimitThatAnAnswerTold) {
  keypool_disable_key(pool_.get(), kEndpoint, "SECOND");
  const LeaseHandle held = lease();
  keypool_limit_notice notices[] = {KEYPOOL_LIMIT_NOTICE_INIT, KEYPOOL_LIMIT_NOTICE_INIT};
  notices[0].limit = 500;
  notices[0].remaining = 499;
  notices[1].dimension = KEYPOOL_TOKENS_PER_MINUTE;
  notices[1].limit = 100;
  notices[1].remaining = 0;
  keypool_lease_observe(held.get(), notices, 2);
  keypool_lease_succeed(held.get(), nullptr);

  EXPECT_EQ(lease(), nullptr);
  EXPECT_EQ(status_, KEYPOOL_ALL_COOLING);
}

TEST_F(CInterface, WaitsUntilAnotherThreadMakesRoom) {
  keypool_lease_rate_limited(lease().get(), kMinuteMs / 2);
  keypool_lease_rate_limited(lease().get(), kMinuteMs / 2);

  std::string name;
  std::thread waiter([&] {
    keypool_lease* held = nullptr;
    if (keypool_lease_wait(pool_.get(), kEndpoint, nullptr, kMinuteMs, &held, nullptr) ==
        KEYPOOL_LEASED) {
      name = keypool_lease_key_name(held);
      keypool_lease_free(held);
    }
  });
  keypool_reset_key(pool_.get(), kEndpoint, "SECOND");
  waiter.join();
  EXPECT_EQ(name, "SECOND");
}

TEST_F(CInterface, WaitsUntilTheEndOfARest) {
  keypool_lease_rate_limited(lease().get(), 20);
  keypool_lease_rate_limited(lease().get(), 20);

  keypool_lease* held = nullptr;
  EXPECT_EQ(keypool_lease_wait(pool_.get(), kEndpoint, nullptr, kMinuteMs, &held, &refusal_),
            KEYPOOL_LEASED)
      << refusal_.message;
  keypool_lease_free(held);
}

TEST_F(CInterface, GivesUpWaitingWhenItsTimeIsOver) {
  keypool_disable_key(pool_.get(), kEndpoint, "SECOND");
  const LeaseHandle only = lease();
  keypool_limit_notice notice = KEYPOOL_LIMIT_NOTICE_INIT;
  notice.limit = 1;
  notice.remaining = 0;
  keypool_lease_observe(only.get(), &notice, 1);

  keypool_lease* held = nullptr;
  EXPECT_EQ(keypool_lease_wait(pool_.get(), kEndpoint, nullptr, 10, &held, &refusal_),
            KEYPOOL_ALL_COOLING);
  EXPECT_EQ(held, nullptr);
}

TEST_F(CInterface, DoesNotWaitForARestThatEndsTooLate) {
  keypool_lease_rate_limited(lease().get(), 60 * kMinuteMs);
  keypool_lease_rate_limited(lease().get(), 60 * kMinuteMs);

  keypool_lease* held = nullptr;
  EXPECT_EQ(keypool_lease_wait(pool_.get(), kEndpoint, nullptr, kMinuteMs, &held, &refusal_),
            KEYPOOL_ALL_COOLING);
  EXPECT_GT(refusal_.retry_after_ms, kMinuteMs);
}

TEST_F(CInterface, LetsALeaseOutliveItsPool) {
  LeaseHandle held = lease();
  pool_.reset();
  keypool_lease_succeed(held.get(), nullptr);
  held.reset();
}

TEST_F(CInterface, TakesAStructOfAnOlderHeader) {
  keypool_disable_key(pool_.get(), kEndpoint, "SECOND");
  // What came after `model` was not there yet: whatever follows in memory is not read.
  keypool_request request = KEYPOOL_REQUEST_INIT;
  request.struct_size = offsetof(keypool_request, estimated_input_tokens);
  request.model = "gpt-4.1";
  request.same_group_as = reinterpret_cast<const char*>(8);
  EXPECT_NE(lease(&request), nullptr);
}

TEST(CInterfaceWithNothing, HasNoEffect) {
  keypool_refusal refusal = KEYPOOL_REFUSAL_INIT;
  keypool_lease* held = nullptr;
  EXPECT_EQ(keypool_lease_now(nullptr, kEndpoint, nullptr, &held, &refusal), KEYPOOL_FAILED);
  EXPECT_STRNE(refusal.message, "");
  EXPECT_EQ(keypool_register(nullptr, kEndpoint, nullptr, 0), 0u);
  EXPECT_EQ(keypool_add_key(nullptr, kEndpoint, "A", "b", 1), 0);
  EXPECT_EQ(keypool_stats(nullptr, kEndpoint, nullptr, nullptr), 0u);
  EXPECT_EQ(keypool_save_stats(nullptr, "x", &refusal), 0);
  EXPECT_EQ(keypool_lease_secret(nullptr, nullptr), nullptr);
  EXPECT_STREQ(keypool_lease_key_name(nullptr), "");
  EXPECT_EQ(keypool_lease_key_refused(nullptr, nullptr), 0);
  keypool_lease_succeed(nullptr, nullptr);
  keypool_lease_free(nullptr);
  keypool_free(nullptr);
}

}  // namespace
