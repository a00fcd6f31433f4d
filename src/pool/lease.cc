#include <keypool/lease.h>

#include "pool/endpoint.h"

namespace keypool {
namespace {

constinit const Secret kNoSecret;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string in_words(std::chrono::milliseconds time) {
  if (time < std::chrono::seconds(1)) return std::to_string(time.count()) + " ms";
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

std::string LeaseError::message() const {
  switch (kind) {
    case LeaseErrorKind::unknown_endpoint:
      return "no endpoint named " + endpoint + ": register it with the names of its keys first";
    case LeaseErrorKind::no_keys:
      if (tried.empty()) return "endpoint " + endpoint + " has no key: register or add one";
      return "endpoint " + endpoint + " has no key: nothing found under " + listed(tried) +
             "; set one of them, or add a key";
    case LeaseErrorKind::circuit_open:
      return endpoint + " fails, whichever key is used; one call probes it " +
             (retry_after ? "in " + in_words(*retry_after) : "now") + ": try again then";
    case LeaseErrorKind::all_cooling:
      if (!retry_after) {
        return "no key of " + endpoint +
               " may be used, and none will be by itself: enable or reset one, or add another";
      }
      return "all keys of " + endpoint + " are cooling; the first is ready in " +
             in_words(*retry_after) + ": try again then, or add a key";
  }
  return {};
}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Lease before(std::move(*this));
    ticket_ = other.ticket_;
    other.end();
  }
  return *this;
}

void Lease::abandon() noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->abandon(ticket_);
}

const Secret& Lease::secret() const noexcept {
  return active() ? ticket_.key->current_secret() : kNoSecret;
}

std::string_view Lease::key_name() const noexcept {
  return active() ? std::string_view(ticket_.key->name) : std::string_view();
}

KeyId Lease::key_id() const noexcept { return active() ? ticket_.key->id : KeyId{}; }

void Lease::succeed(const Success& success) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->succeed(ticket_, success);
}

void Lease::rate_limited(std::optional<std::chrono::milliseconds> after,
                         std::optional<Dimension> limit) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->rate_limited(ticket_, after, limit);
}

void Lease::told_to_slow_down(std::optional<std::chrono::milliseconds> after) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->told_to_slow_down(ticket_, after);
}

void Lease::too_many_at_once(std::optional<std::chrono::milliseconds> after) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->too_many_at_once(ticket_, after);
}

void Lease::fail(std::string_view why) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->fail(ticket_, why);
}

Blame Lease::key_refused(std::string_view why) noexcept {
  pool::Endpoint* endpoint = end();
  return endpoint != nullptr ? endpoint->key_refused(ticket_, why) : Blame::key;
}

void Lease::key_leaked(std::string_view why) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->key_leaked(ticket_, why);
}

void Lease::observe(std::span<const LimitNotice> notices) noexcept {
  if (active()) ticket_.endpoint->observe(ticket_, notices);
}

void Lease::belongs_to(std::string_view account) noexcept {
  if (active()) ticket_.endpoint->belongs_to(ticket_, account);
}

void Lease::group_depleted(std::string_view why,
                           std::optional<std::chrono::milliseconds> after) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->group_depleted(ticket_, why, after);
}

void Lease::model_refused(std::string_view why) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->model_refused(ticket_, why);
}

void Lease::endpoint_failed(std::string_view why, const Success& used) noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->endpoint_failed(ticket_, why, used);
}

void Lease::release() noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->release(ticket_);
}

void Lease::detach() noexcept {
  if (pool::Endpoint* endpoint = end()) endpoint->detach(ticket_);
}

}  // namespace keypool
