#include "config/model_prices.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "config/fields.h"
#include "config/number.h"

namespace keypool::config {
namespace {

using provider::Price;

constexpr std::string_view kExpected = "an amount in USD per million tokens, such as 2.5 or 0";

/// USD, at most a million of them, as micro-USD.
bool read_amount(const YamlNode& node, std::uint64_t& amount) {
  constexpr double kMicro = 1e6;
  constexpr double kMost = 1e6;
  if (node.kind != YamlKind::scalar) return false;
  std::string_view text = node.text;
  const auto usd = take_decimal(text);
  if (!usd || !text.empty() || *usd < 0 || *usd > kMost) return false;
  amount = static_cast<std::uint64_t>(std::llround(*usd * kMicro));
  return true;
}

template <auto Part>
bool amount(const YamlNode& node, Price& price, Problems&) {
  std::uint64_t read = 0;
  if (!read_amount(node, read)) return false;
  price.*Part = read;
  return true;
}

constexpr std::array kPriceFields = {
    Field<Price>{"input", Presence::required, kExpected, amount<&Price::input>},
    Field<Price>{"output", Presence::required, kExpected, amount<&Price::output>},
    Field<Price>{"cached_input", Presence::optional, kExpected, amount<&Price::cached_input>},
    Field<Price>{"cache_write", Presence::optional, kExpected, amount<&Price::cache_write>},
    Field<Price>{"cache_write_1h", Presence::optional, kExpected, amount<&Price::cache_write_1h>},
    Field<Price>{"audio_input", Presence::optional, kExpected, amount<&Price::audio_input>},
    Field<Price>{"audio_output", Presence::optional, kExpected, amount<&Price::audio_output>},
};

}  // namespace

bool read_prices(const YamlNode& node, Config& config, Problems& problems) {
  if (node.kind != YamlKind::map) return false;
  for (const YamlNode* child : node.children) {
    provider::ModelPrice model{child->name, {}};
    read_map(*child, kPriceFields, model.price, problems);
    config.prices.push_back(std::move(model));
  }
  return true;
}

}  // namespace keypool::config
