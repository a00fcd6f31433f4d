#include "provider/price_list.h"

namespace keypool::provider {

namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

// Dollars per million tokens, as price lists have them; 0.0375 is exact.
consteval std::uint64_t usd(double dollars) {
  return static_cast<std::uint64_t>(dollars * 1e6 + 0.5);
}

// Providers without a price for writing to their cache.
consteval Price price(double input, double cached, double output) {
  return {.input = usd(input), .output = usd(output), .cached_input = usd(cached)};
}

consteval Price price(double input, double output) {
  return {.input = usd(input), .output = usd(output)};
}

consteval Price written(double input, double cached, double write, double output) {
  return {.input = usd(input),
          .output = usd(output),
          .cached_input = usd(cached),
          .cache_write = usd(write)};
}

// Anthropic: caches that live an hour cost more to write.
consteval Price written(double input, double cached, double write, double write_1h, double output) {
  Price price = written(input, cached, write, output);
  price.cache_write_1h = usd(write_1h);
  return price;
}

consteval Price with_fee(Price price, double dollars_per_1000_calls) {
  price.per_request = usd(dollars_per_1000_calls) / 1000;
  return price;
}

constexpr std::uint64_t kAbove272k = 272'001;
constexpr std::uint64_t kAbove200k = 200'001;
constexpr std::uint64_t kFrom200k = 200'000;
constexpr sys_days kFlashDoubles = 2027y / 1 / 1;

// Source: @pydantic/genai-prices 0.1.8, published 2026-09-23: what it says for November 2026. Lists
// change monthly; `prices:` in the configuration comes before this.
constexpr ListedPrice kPrices[] = {
    {"", "gpt-6-astra", written(10, 1, 12.5, 50), kAbove272k, written(20, 2, 25, 75)},
    {"", "gpt-6-sol", written(2, 0.2, 2.5, 10), kAbove272k, written(4, 0.4, 5, 15)},
    {"", "gpt-6-luna", written(0.1, 0.01, 0.125, 0.5), kAbove272k, written(0.2, 0.02, 0.25, 0.75)},
    {"", "gpt-5.6-sol", written(4, 0.4, 5, 20), kAbove272k, written(8, 0.8, 10, 30)},
    {"", "gpt-5.6-terra", written(2, 0.2, 2.5, 12), kAbove272k, written(4, 0.2, 2.5, 18)},
    {"", "gpt-5.6-luna", written(0.2, 0.02, 0.25, 1.2), kAbove272k, written(0.4, 0.02, 0.25, 1.8)},
    {"", "gpt-5.5", price(5, 0.5, 30), kAbove272k, price(10, 1, 45)},
    {"", "gpt-5.4", price(2.5, 0.25, 15), kAbove272k, price(5, 0.25, 22.5)},
    {"", "gpt-5.4-mini", price(0.75, 0.075, 4.5)},
    {"", "gpt-5.4-nano", price(0.2, 0.02, 1.25)},
    {"", "gpt-4.1", price(2, 0.5, 8)},
    {"", "gpt-4o", price(2.5, 1.25, 10)},
    {"", "gpt-4o-mini", price(0.15, 0.075, 0.6)},
    {"", "text-embedding-3-small", price(0.02, 0)},
    {"", "text-embedding-3-large", price(0.13, 0)},

    {"", "claude-opus-5-5", written(4, 0.2, 5, 8, 20)},
    {"", "claude-opus-5", written(5, 0.5, 6.25, 10, 25)},
    {"", "claude-opus-4-8", written(5, 0.5, 6.25, 10, 25)},
    {"", "claude-opus-4-7", written(5, 0.5, 6.25, 10, 25)},
    {"", "claude-opus-4-6", written(5, 0.5, 6.25, 10, 25)},
    {"", "claude-opus-4-5", written(5, 0.5, 6.25, 10, 25)},
    {"", "claude-sonnet-5", written(2, 0.2, 2.5, 4, 10)},
    {"", "claude-sonnet-4-6", written(3, 0.3, 3.75, 6, 15)},
    {"", "claude-haiku-4-5", written(1, 0.1, 1.25, 2, 5)},
    {"", "claude-fable-5", written(10, 1, 12.5, 20, 50)},
    {"", "claude-fable-5-1", written(10, 0.25, 12.5, 20, 50)},

    {.provider = "",
     .model = "gemini-3.8-flash",
     .price = price(0.75, 0.075, 3.75),
     .until = kFlashDoubles},
    {.provider = "",
     .model = "gemini-3.8-flash",
     .price = price(1.5, 0.15, 7.5),
     .from = kFlashDoubles},
    {.provider = "",
     .model = "gemini-3.7-flash",
     .price = price(0.75, 0.075, 3.75),
     .until = kFlashDoubles},
    {.provider = "",
     .model = "gemini-3.7-flash",
     .price = price(1.5, 0.15, 7.5),
     .from = kFlashDoubles},
    {.provider = "",
     .model = "gemini-3.6-flash",
     .price = price(0.75, 0.075, 3.75),
     .until = kFlashDoubles},
    {.provider = "",
     .model = "gemini-3.6-flash",
     .price = price(1.5, 0.15, 7.5),
     .from = kFlashDoubles},
    {"", "gemini-3.5-flash", price(1.5, 0.15, 9)},
    {"", "gemini-3.5-flash-lite", price(0.3, 0.03, 2.5)},
    {"", "gemini-3.1-pro-preview", price(2, 0.2, 12), kAbove200k, price(4, 0.4, 18)},
    {"", "gemini-2.5-pro", price(1.25, 0.125, 10), kAbove200k, price(2.5, 0.25, 15)},
    {"", "gemini-2.5-flash", price(0.3, 0.03, 2.5)},
    {"", "gemini-2.5-flash-lite", price(0.1, 0.01, 0.4)},

    {"groq", "gpt-oss-120b", price(0.15, 0.075, 0.6)},
    {"groq", "gpt-oss-20b", price(0.075, 0.0375, 0.3)},

    {"", "mistral-medium-3-5", price(1.5, 0.15, 7.5)},
    {"", "mistral-large-2512", price(0.5, 0.05, 1.5)},
    {"", "mistral-small-2603", price(0.15, 0.015, 0.6)},
    {"", "codestral-2508", price(0.3, 0.03, 0.9)},

    {.provider = "deepseek",
     .model = "deepseek-v4-flash",
     .price = price(0.22, 0.007, 0.66),
     .hours = Hours::off_peak},
    {.provider = "deepseek",
     .model = "deepseek-v4-flash",
     .price = price(0.44, 0.014, 1.32),
     .hours = Hours::peak},
    {.provider = "deepseek",
     .model = "deepseek-v4-pro",
     .price = price(0.66, 0.022, 1.98),
     .hours = Hours::off_peak},
    {.provider = "deepseek",
     .model = "deepseek-v4-pro",
     .price = price(1.32, 0.044, 3.96),
     .hours = Hours::peak},

    {"", "grok-4.6", price(2, 0.5, 6), kFrom200k, price(4, 1, 12)},
    {"", "grok-4.5", price(2, 0.3, 6), kFrom200k, price(4, 0.6, 12)},
    {"", "grok-4.3", price(1.25, 0.2, 2.5), kFrom200k, price(2.5, 0.4, 5)},
    {"", "grok-4.20", price(1.25, 0.2, 2.5), kFrom200k, price(2.5, 0.4, 5)},

    {"cerebras", "gpt-oss-120b", price(0.35, 0.75)},

    {"perplexity", "sonar", with_fee(price(1, 1), 12)},
    {"perplexity", "sonar-pro", with_fee(price(3, 15), 14)},

    {"cohere", "command-a", price(2.5, 10)},
    {"cohere", "command-r", price(0.15, 0.6)},
    {"cohere", "embed-v4", price(0.12, 0)},

    {"fireworks", "deepseek-v4-pro", price(1.74, 0.145, 3.48)},
    {"fireworks", "kimi-k3", price(3, 0.3, 15)},
    {"fireworks", "gpt-oss-120b", price(0.15, 0.014, 0.6)},

    {"", "nova-pro", price(0.8, 0.2, 3.2)},
    {"", "nova-lite", price(0.06, 0.015, 0.24)},
    {"", "nova-micro", price(0.035, 0.00875, 0.14)},
};

}  // namespace

std::span<const ListedPrice> price_list() noexcept { return kPrices; }

std::string_view prices_source() noexcept {
  return "@pydantic/genai-prices 0.1.8, published 2026-09-23";
}

}  // namespace keypool::provider
