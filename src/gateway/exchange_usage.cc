// What a call used.
#include <chrono>

#include "gateway/exchange.h"
#include "gateway/reactor.h"
#include "provider/prices.h"

namespace keypool::gateway {
namespace {

using state::Figure;

state::Figures figures_of(Figure end, const provider::Usage& usage, std::uint64_t cost) {
  state::Figures figures;
  figures[end] = 1;
  figures[Figure::input_tokens] = usage.input_tokens;
  figures[Figure::cached_tokens] = usage.cached_tokens;
  figures[Figure::cache_write_tokens] = usage.cache_write_tokens;
  figures[Figure::cache_write_1h_tokens] = usage.cache_write_1h_tokens;
  figures[Figure::audio_input_tokens] = usage.audio_input_tokens;
  figures[Figure::output_tokens] = usage.output_tokens;
  figures[Figure::reasoning_tokens] = usage.reasoning_tokens;
  figures[Figure::audio_output_tokens] = usage.audio_output_tokens;
  figures[Figure::cost_micro_usd] = cost;
  const bool used = usage.input_tokens > 0 || usage.output_tokens > 0;
  figures[Figure::estimated] = used && !usage.reported ? 1 : 0;
  return figures;
}

}  // namespace

// Where the provider tells nothing of the input, the request's own estimate stands.
provider::Usage Exchange::with_own_estimate(provider::Usage usage) const {
  if (!usage.reported && usage.input_tokens == 0) usage.input_tokens = call_.input_tokens;
  return usage;
}

std::uint64_t Exchange::cost_of(const provider::Usage& usage) const {
  const auto& site = reactor_.site();
  const provider::Asked asked{endpoint_->base_url.host, call_.model, site.clock.wall()};
  return provider::cost_micro_usd(asked, usage, config().prices).value_or(0);
}

std::chrono::milliseconds Exchange::time_so_far() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(reactor_.site().clock.now() -
                                                               began_);
}

// What a try used: for the ledger at once, and for the pool.
Success Exchange::used(state::Figure end, const provider::Usage& usage) {
  const auto cost = cost_of(usage);
  record(end, usage, cost);
  return {.latency = time_so_far(),
          .input_tokens = usage.input_tokens,
          .output_tokens = usage.output_tokens,
          .cost_micro_usd = cost};
}

// One try, at its end: the client is charged with what the ledger is told.
void Exchange::record(Figure end, const provider::Usage& usage, std::uint64_t cost) {
  const auto figures = figures_of(end, usage, cost);
  trail_.add_used(figures);
  if (auto* const account = access_.account(); account != nullptr) {
    account->charge(figures.tokens(), cost, reactor_.site().clock.wall());
  }
  state::Tally* const tally = reactor_.tally();
  if (tally == nullptr) return;
  tally->add({.endpoint = endpoint_->name,
              .key = key_name_,
              .model = call_.model,
              .client = access_.name(),
              .figures = figures});
}

}  // namespace keypool::gateway
