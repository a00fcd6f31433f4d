// A program that calls a model API over many keys of its own accord: lease a key, call, tell how it
// went. The provider is simulated by a function, so that the example runs anywhere:
//
//     ./library_example
//
// To link the library from elsewhere: -I include -L build/release -lkeypool (and -lfmt), C++23.
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <keypool/key_pool.h>

namespace {

using namespace std::chrono_literals;

constexpr const char* kEndpoint = "https://api.openai.com";

struct Answer {
  int status;
  std::optional<std::chrono::milliseconds> retry_after;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
};

/// Stands for the HTTP call: the first key is over its limit, the others answer.
Answer call_provider(std::string_view secret) {
  if (secret == "sk-first") return {.status = 429, .retry_after = 20s};
  return {.status = 200, .retry_after = {}, .input_tokens = 12, .output_tokens = 40};
}

/// One question, on whichever key has room. Each key that is refused rests for as long as the
/// provider said, and the next lease is another.
bool ask(keypool::KeyPool& pool) {
  for (;;) {
    auto lease = pool.lease(
        kEndpoint, {.model = "gpt-4.1-mini", .when_none_ready = keypool::WhenNoneReady::refuse});
    if (!lease) {
      std::cerr << lease.error().message() << '\n';
      return false;
    }
    const auto started = std::chrono::steady_clock::now();
    const Answer answer = call_provider(lease->secret().reveal());
    std::cout << lease->key_name() << " answered " << answer.status << '\n';
    if (answer.status == 200) {
      lease->succeed({.latency = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::steady_clock::now() - started),
                      .input_tokens = answer.input_tokens,
                      .output_tokens = answer.output_tokens});
      return true;
    }
    if (answer.status == 429) {
      lease->rate_limited(answer.retry_after);
    } else {
      lease->fail("status " + std::to_string(answer.status));
      return false;
    }
  }
}

}  // namespace

int main() {
  keypool::KeyPool pool;
  // In earnest: pool.register_endpoint(kEndpoint, {"OPENAI_API_KEY"}), whose value may be a list.
  pool.add_key(kEndpoint, {.name = "FIRST", .secret = keypool::Secret("sk-first")});
  pool.add_key(kEndpoint, {.name = "SECOND", .secret = keypool::Secret("sk-second")});

  for (int question = 0; question < 3; ++question) {
    if (!ask(pool)) return 1;
  }
  for (const auto& key : pool.stats(kEndpoint)) {
    std::cout << key.name << " is " << to_string(key.state) << ": " << key.successes << " of "
              << key.total_requests << " calls answered, " << key.total_output_tokens
              << " tokens\n";
  }
  return 0;
}
