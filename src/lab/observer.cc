#include "lab/observer.h"

#include <algorithm>
#include <utility>

namespace keypool::lab {

Observer::Observer(const std::vector<std::string>& key_names) {
  for (const std::string& name : key_names) observed_.keys.push_back({.name = name});
}

Observer::Visit::Visit(Visit&& other) noexcept
    : observer_(std::exchange(other.observer_, nullptr)), key_(other.key_) {}

Observer::Visit::~Visit() { end(End::hung_up); }

void Observer::Visit::end(End end, std::uint64_t input_tokens,
                          std::uint64_t output_tokens) noexcept {
  if (!observer_) return;
  std::exchange(observer_, nullptr)->leave(key_, end, input_tokens, output_tokens);
}

void Observer::Visit::use(std::uint64_t input_tokens, std::uint64_t output_tokens) noexcept {
  if (observer_ != nullptr) observer_->use(key_, input_tokens, output_tokens);
}

Observer::Visit Observer::arrive(std::optional<std::size_t> key) {
  const std::lock_guard lock(mutex_);
  ++observed_.calls;
  observed_.max_in_flight = std::max(observed_.max_in_flight, ++observed_.in_flight);
  if (key) {
    ObservedKey& seen = observed_.keys[*key];
    ++seen.calls;
    seen.max_in_flight = std::max(seen.max_in_flight, ++seen.in_flight);
  }
  return Visit(*this, key);
}

void Observer::use(std::optional<std::size_t> key, std::uint64_t input_tokens,
                   std::uint64_t output_tokens) noexcept {
  const std::lock_guard lock(mutex_);
  if (!key) return;
  observed_.keys[*key].input_tokens += input_tokens;
  observed_.keys[*key].output_tokens += output_tokens;
}

void Observer::leave(std::optional<std::size_t> key, End end, std::uint64_t input_tokens,
                     std::uint64_t output_tokens) noexcept {
  const std::lock_guard lock(mutex_);
  --observed_.in_flight;
  if (!key) return;
  ObservedKey& seen = observed_.keys[*key];
  --seen.in_flight;
  switch (end) {
    case End::served:
      ++seen.served;
      seen.input_tokens += input_tokens;
      seen.output_tokens += output_tokens;
      break;
    case End::rate_limited:
      ++seen.rate_limited;
      break;
    case End::fault:
      ++seen.faults;
      break;
    case End::refused:
      break;
    case End::hung_up:
      ++seen.hung_up;
      break;
  }
}

void Observer::saw_unknown_credential(std::string_view credential) {
  std::string hash = credential_hash(credential);
  const std::lock_guard lock(mutex_);
  ++unknown_[std::move(hash)];
}

void Observer::saw_no_credential() {
  const std::lock_guard lock(mutex_);
  ++observed_.without_credential;
}

Observed Observer::observed() const {
  const std::lock_guard lock(mutex_);
  Observed copy = observed_;
  for (const auto& [hash, calls] : unknown_) copy.unknown_credentials.push_back({hash, calls});
  return copy;
}

}  // namespace keypool::lab
