// Length, pace and number of answers.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;

TEST(ProviderAnswers, AreOfTheModelsLength) {
  auto scenario = one_key();
  scenario.models = {{.match = "gpt-long*", .pace = {.tokens_from = 90, .tokens_to = 90}},
                     {.match = "gpt-*", .pace = {.tokens_from = 30, .tokens_to = 40}}};
  RunningProvider provider(std::move(scenario));
  const auto tokens = [&](const char* model) {
    auto fetch = chat();
    fetch.body = R"({"messages":[],"model":")" + std::string(model) + "\"}";
    return json_of(provider.call(fetch))["usage"]["completion_tokens"].get<int>();
  };

  EXPECT_EQ(tokens("gpt-long-1"), 90);
  for (int i = 0; i < 10; ++i) {
    const int drawn = tokens("gpt-x");
    EXPECT_GE(drawn, 30);
    EXPECT_LE(drawn, 40);
  }
  EXPECT_EQ(tokens("other"), 8);
}

TEST(ProviderAnswers, AreTheSameForTheSameSeed) {
  const auto texts = [](std::uint64_t seed) {
    auto scenario = one_key();
    scenario.seed = seed;
    scenario.pace = {.tokens_from = 1, .tokens_to = 1000};
    RunningProvider provider(std::move(scenario));
    std::string all;
    for (int i = 0; i < 3; ++i) all += provider.call(chat()).body;
    return all;
  };

  EXPECT_EQ(texts(7), texts(7));
  EXPECT_NE(texts(7), texts(8));
}

TEST(ProviderAnswers, AreOfTheLengthTheCallerAsksFor) {
  RunningProvider provider(one_key());

  const auto body = json_of(provider.call(chat("sk-demo-a", "", {{"x-lab-tokens", "123"}})));

  EXPECT_EQ(body["usage"]["completion_tokens"], 123);
}

TEST(ProviderAnswers, MayBeVeryLarge) {
  constexpr std::size_t kBytes = 20'000'000;
  RunningProvider provider(one_key());
  for (const char* more : {"", R"(,"stream":true)"}) {
    auto fetch = chat("sk-demo-a", more, {{"x-lab-bytes", std::to_string(kBytes)}});
    std::size_t came = 0;
    fetch.on_body = [&](std::string_view piece) {
      came += piece.size();
      return true;
    };
    EXPECT_EQ(provider.call(std::move(fetch)).status, 200);
    EXPECT_GT(came, kBytes) << more;
    EXPECT_LT(came, kBytes * 11 / 10) << more;
  }
  EXPECT_EQ(provider.observed_key().output_tokens, 2 * kBytes / 4);
}

TEST(ProviderAnswers, ComeAtTheirPace) {
  auto scenario = one_key();
  scenario.pace = {.tokens_from = 5, .tokens_to = 5, .first_token = 20ms, .tokens_per_second = 100};
  RunningProvider provider(std::move(scenario));
  const Clock& clock = system_clock();
  for (const char* more : {"", R"(,"stream":true)"}) {
    const auto begin = clock.now();
    EXPECT_EQ(provider.call(chat("sk-demo-a", more)).status, 200);
    EXPECT_GE(clock.now() - begin, 20ms + 4 * 10ms) << more;
  }
}

TEST(ProviderAnswers, ComeSoonerWhenTimeIsScaled) {
  auto scenario = one_key();
  scenario.time_scale = 1'000'000;
  scenario.pace = {.tokens_from = 10, .tokens_to = 10, .first_token = 1h, .tokens_per_second = 0.1};
  RunningProvider provider(std::move(scenario));

  EXPECT_EQ(provider.call(chat()).status, 200);
}

TEST(ProviderAnswers, ToCallersWhoLeaveAreCountedAsHungUp) {
  auto scenario = one_key();
  scenario.pace.first_token = 1h;
  RunningProvider provider(std::move(scenario));

  auto fetch = chat("sk-demo-a", R"(,"stream":true)");
  fetch.on_body = [](std::string_view) { return false; };
  EXPECT_TRUE(provider.try_call(std::move(fetch)));

  while (provider.observed().in_flight > 0) std::this_thread::yield();
  EXPECT_EQ(provider.observed_key().hung_up, 1u);
  EXPECT_EQ(provider.observed_key().output_tokens, 0u);
}

TEST(ProviderAnswers, StreamByTheThousandAtOnce) {
  constexpr std::uint64_t kStreams = 2000;
  auto scenario = one_key();
  scenario.pace = {.tokens_from = 2, .tokens_to = 2, .first_token = 3s};
  RunningProvider provider(std::move(scenario));
  boost::asio::io_context io(1);
  std::uint64_t whole = 0;
  auto fetch = chat("sk-demo-a", R"(,"stream":true)");
  fetch.port = provider.port();
  fetch.deadline = 60s;
  auto count = [&](std::exception_ptr, std::expected<http::Answer, http::FetchError> answer) {
    whole += answer && answer->body.ends_with("data: [DONE]\n\n");
  };

  for (std::uint64_t i = 0; i < kStreams; ++i) {
    boost::asio::co_spawn(io, http::async_fetch(fetch), count);
  }
  io.run();

  EXPECT_EQ(whole, kStreams);
  EXPECT_EQ(provider.observed_key().served, kStreams);
}

}  // namespace
}  // namespace keypool::lab
