#include "provider/prices.h"

#include <algorithm>
#include <chrono>

#include "provider/known.h"
#include "provider/price_list.h"

namespace keypool::provider {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// `gpt-4o` of `openai/gpt-4o`, `claude-…` of `us.anthropic.claude-…`, the last of a path of any
// kind (`accounts/fireworks/models/kimi-k3`).
std::string_view without_vendor(std::string_view model) noexcept {
  model = model.substr(model.rfind('/') + 1);
  for (const std::string_view vendor : {"anthropic.", "amazon."}) {
    if (const std::size_t found = model.find(vendor); found != std::string_view::npos) {
      model.remove_prefix(found + vendor.size());
    }
  }
  return model;
}

// Versions are written with dots by some and with dashes by others.
bool same_character(char a, char b) noexcept {
  return a == b || (a == '.' && b == '-') || (a == '-' && b == '.');
}

// What may stand behind a model's name without making it another model.
bool is_version(std::string_view rest) noexcept {
  constexpr std::size_t kLeastDigits = 3;  // fewer could be the next model's number
  if (rest.empty()) return true;
  for (const std::string_view word : {"-latest", "-preview", "-exp-"}) {
    if (rest.starts_with(word)) return true;
  }
  if (rest.size() > 2 && rest.starts_with("-v") && is_digit(rest[2])) return true;
  if (rest.front() != '-' && rest.front() != '@' && rest.front() != ':') return false;
  rest.remove_prefix(1);
  const auto digits = std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin();
  return static_cast<std::size_t>(digits) >= kLeastDigits;
}

bool names(std::string_view listed, std::string_view model) noexcept {
  return model.size() >= listed.size() &&
         std::equal(listed.begin(), listed.end(), model.begin(), same_character) &&
         is_version(model.substr(listed.size()));
}

bool is_peak(WallTime when) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(when - day).count();
  return (hour >= 1 && hour < 4) || (hour >= 6 && hour < 10);
}

bool holds_at(const ListedPrice& listed, WallTime when) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  if (day < listed.from || day >= listed.until) return false;
  switch (listed.hours) {
    case Hours::all:
      return true;
    case Hours::peak:
      return is_peak(when);
    case Hours::off_peak:
      return !is_peak(when);
  }
  return false;
}

const ListedPrice* find_listed(const Asked& asked) noexcept {
  const KnownProvider* const known = known_provider_at(asked.host);
  const std::string_view provider = known == nullptr ? std::string_view{} : known->endpoint;
  const std::string_view model = without_vendor(asked.model);
  const ListedPrice* best = nullptr;
  for (const ListedPrice& listed : price_list()) {
    if (!listed.provider.empty() && listed.provider != provider) continue;
    if (best != nullptr && best->model.size() >= listed.model.size()) continue;
    if (names(listed.model, model) && holds_at(listed, asked.when)) best = &listed;
  }
  return best;
}

// The one that fits most exactly: whole names before beginnings, longer ones before shorter.
const Price* find_override(std::string_view model, std::span<const ModelPrice> overrides) noexcept {
  const ModelPrice* best = nullptr;
  for (const ModelPrice& one : overrides) {
    std::string_view name = one.model;
    if (name == model) return &one.price;
    if (!name.ends_with('*')) continue;
    name.remove_suffix(1);
    if (!model.starts_with(name)) continue;
    if (best == nullptr || one.model.size() > best->model.size()) best = &one;
  }
  return best == nullptr ? nullptr : &best->price;
}

/// A sum of tokens times prices, kept exact until it is rounded. Counts and prices beyond what can
/// be true are cut, so that nothing overflows.
class Bill {
 public:
  void add(std::uint64_t tokens, std::uint64_t price) noexcept {
    constexpr std::uint64_t kMostTokens = 1'000'000'000'000;
    constexpr std::uint64_t kDearest = 100'000 * kMillion;  // $100,000 a million tokens
    tokens = std::min(tokens, kMostTokens);
    price = std::min(price, kDearest);
    whole_ += tokens / kMillion * price;
    millionths_ += tokens % kMillion * price;
  }

  [[nodiscard]] std::uint64_t total() const noexcept {
    return whole_ + (millionths_ + kMillion / 2) / kMillion;
  }

 private:
  std::uint64_t whole_ = 0;
  std::uint64_t millionths_ = 0;
};

// Takes up to `part` off what is left.
std::uint64_t take(std::uint64_t& left, std::uint64_t part) noexcept {
  part = std::min(left, part);
  left -= part;
  return part;
}

std::uint64_t cost(const Price& price, const Usage& usage) noexcept {
  Bill bill;
  std::uint64_t input = usage.input_tokens;
  const std::uint64_t written = price.cache_write.value_or(price.input);
  bill.add(take(input, usage.cached_tokens), price.cached_input.value_or(price.input));
  bill.add(take(input, usage.cache_write_tokens), written);
  bill.add(take(input, usage.cache_write_1h_tokens), price.cache_write_1h.value_or(written));
  bill.add(take(input, usage.audio_input_tokens), price.audio_input.value_or(price.input));
  bill.add(input, price.input);

  std::uint64_t output = usage.output_tokens;
  bill.add(take(output, usage.audio_output_tokens), price.audio_output.value_or(price.output));
  bill.add(output, price.output);
  return bill.total() + price.per_request;
}

}  // namespace

std::optional<std::uint64_t> cost_micro_usd(const Asked& asked, const Usage& usage,
                                            std::span<const ModelPrice> overrides) noexcept {
  if (const Price* const price = find_override(asked.model, overrides)) return cost(*price, usage);
  const ListedPrice* const listed = find_listed(asked);
  if (listed == nullptr) return std::nullopt;
  const bool is_long = listed->long_from != 0 && usage.input_tokens >= listed->long_from;
  return cost(is_long ? listed->long_price : listed->price, usage);
}

}  // namespace keypool::provider
