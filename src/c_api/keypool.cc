#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keypool/key_pool.h>
#include <keypool/keypool.h>
#include <keypool/stats_file.h>

#include "c_api/blocking_wait.h"

using std::chrono::milliseconds;

struct keypool_pool {
  explicit keypool_pool(keypool::Options options) : keys(std::move(options)) {}

  keypool::KeyPool keys;
  keypool::c_api::BlockingWait blocking{keys};
};

struct keypool_lease {
  explicit keypool_lease(keypool::Lease lease)
      : key_name(lease.key_name()), held(std::move(lease)) {}

  std::string key_name;  // ends with a zero, which the pool's does not
  keypool::Lease held;
};

namespace {

using namespace keypool;

// The numbers are the ABI's; the pool's own enumerators happen to follow them.
static_assert(static_cast<int>(KeyState::ready) == KEYPOOL_READY);
static_assert(static_cast<int>(KeyState::cooling) == KEYPOOL_COOLING);
static_assert(static_cast<int>(KeyState::depleted) == KEYPOOL_DEPLETED);
static_assert(static_cast<int>(KeyState::invalid) == KEYPOOL_INVALID);
static_assert(static_cast<int>(KeyState::disabled) == KEYPOOL_DISABLED);
static_assert(static_cast<int>(KeyState::draining) == KEYPOOL_DRAINING);
static_assert(static_cast<int>(Dimension::requests_per_minute) == KEYPOOL_REQUESTS_PER_MINUTE);
static_assert(static_cast<int>(Dimension::tokens_per_day) == KEYPOOL_TOKENS_PER_DAY);

/// What `call` returns; `otherwise` where it throws: no exception may cross into another language.
template <typename Call, typename Result>
Result guarded(Call call, Result otherwise) noexcept {
  try {
    return call();
  } catch (...) {
    return otherwise;
  }
}

/// The caller's struct as this library knows it: what an older one lacks keeps its default.
template <typename Struct>
Struct known_part(const Struct* given, Struct defaults) noexcept {
  if (given == nullptr) return defaults;
  std::memcpy(&defaults, given, std::min(given->struct_size, sizeof(Struct)));
  return defaults;
}

std::string_view text(const char* given) noexcept {
  return given == nullptr ? std::string_view() : given;
}

std::optional<milliseconds> hint(std::int64_t after_ms) noexcept {
  if (after_ms < 0) return std::nullopt;
  return milliseconds(after_ms);
}

void tell(keypool_refusal* refusal, std::string_view message,
          std::int64_t retry_after_ms) noexcept {
  if (refusal == nullptr || refusal->struct_size < sizeof(keypool_refusal)) return;
  refusal->retry_after_ms = retry_after_ms;
  const std::size_t size = message.copy(refusal->message, sizeof(refusal->message) - 1);
  refusal->message[size] = '\0';
}

keypool_status status_of(LeaseErrorKind kind) noexcept {
  switch (kind) {
    case LeaseErrorKind::unknown_endpoint:
      return KEYPOOL_UNKNOWN_ENDPOINT;
    case LeaseErrorKind::no_keys:
      return KEYPOOL_NO_KEYS;
    case LeaseErrorKind::all_cooling:
      return KEYPOOL_ALL_COOLING;
    case LeaseErrorKind::circuit_open:
      return KEYPOOL_CIRCUIT_OPEN;
  }
  return KEYPOOL_FAILED;
}

LeaseRequest request_of(const keypool_request& asked) noexcept {
  return {.model = text(asked.model),
          .estimated_input_tokens = asked.estimated_input_tokens,
          .estimated_output_tokens = asked.estimated_output_tokens,
          .when_none_ready = WhenNoneReady::refuse,
          .same_group_as = text(asked.same_group_as)};
}

/// Runs `take`, and hands its lease or the reason for none out.
template <typename Take>
keypool_status hand_out(keypool_pool* pool, const char* endpoint, keypool_lease** lease,
                        keypool_refusal* refusal, Take take) noexcept {
  if (lease != nullptr) *lease = nullptr;
  if (pool == nullptr || endpoint == nullptr || lease == nullptr) {
    tell(refusal, "pool, endpoint and lease may not be NULL", -1);
    return KEYPOOL_FAILED;
  }
  try {
    auto leased = take();
    if (leased) {
      *lease = new keypool_lease(std::move(*leased));
      return KEYPOOL_LEASED;
    }
    const auto& error = leased.error();
    tell(refusal, error.message(), error.retry_after ? error.retry_after->count() : -1);
    return status_of(error.kind);
  } catch (const std::exception& thrown) {
    tell(refusal, thrown.what(), -1);
    return KEYPOOL_FAILED;
  }
}

/// One of the operator's commands; false also where a name is missing.
template <typename Command>
int on_key(keypool_pool* pool, const char* endpoint, const char* key_name,
           Command command) noexcept {
  if (pool == nullptr || endpoint == nullptr || key_name == nullptr) return 0;
  return guarded([&] { return static_cast<int>((pool->keys.*command)(endpoint, key_name)); }, 0);
}

template <typename Transfer>
int transfer(const void* pool, const char* path, keypool_refusal* refusal,
             Transfer transfer) noexcept {
  if (pool == nullptr || path == nullptr) {
    tell(refusal, "pool and path may not be NULL", -1);
    return 0;
  }
  try {
    const auto done = transfer();
    if (done) return 1;
    tell(refusal, done.error().path.string() + ": " + done.error().message, -1);
  } catch (const std::exception& thrown) {
    tell(refusal, thrown.what(), -1);
  }
  return 0;
}

}  // namespace

const char* keypool_version(void) { return KEYPOOL_VERSION; }

keypool_pool* keypool_new(const keypool_options* options) {
  return guarded(
      [&] {
        const auto given = known_part(options, keypool_options KEYPOOL_OPTIONS_INIT);
        Options own;
        if (given.cooldown_ms != 0) own.cooldown = milliseconds(given.cooldown_ms);
        if (given.load_window_ms != 0) own.load_window = milliseconds(given.load_window_ms);
        if (given.unknown_call_tokens != 0) own.unknown_call_tokens = given.unknown_call_tokens;
        return new keypool_pool(std::move(own));
      },
      static_cast<keypool_pool*>(nullptr));
}

void keypool_free(keypool_pool* pool) { delete pool; }

size_t keypool_register(keypool_pool* pool, const char* endpoint, const char* const* names,
                        size_t count) {
  if (pool == nullptr || endpoint == nullptr || (names == nullptr && count != 0)) return 0;
  return guarded(
      [&] {
        std::vector<std::string> wanted;
        for (size_t i = 0; i < count; ++i) {
          if (names[i] != nullptr) wanted.emplace_back(names[i]);
        }
        return pool->keys.register_endpoint(endpoint, wanted).added;
      },
      size_t{0});
}

int keypool_add_key(keypool_pool* pool, const char* endpoint, const char* key_name,
                    const char* secret, size_t secret_size) {
  if (pool == nullptr || endpoint == nullptr || key_name == nullptr || secret == nullptr) return 0;
  return guarded(
      [&] {
        return static_cast<int>(pool->keys.add_key(
            endpoint, {.name = key_name, .secret = Secret(std::string_view(secret, secret_size))}));
      },
      0);
}

int keypool_remove_key(keypool_pool* pool, const char* endpoint, const char* key_name) {
  return on_key(pool, endpoint, key_name, &KeyPool::remove_key);
}

int keypool_disable_key(keypool_pool* pool, const char* endpoint, const char* key_name) {
  return on_key(pool, endpoint, key_name, &KeyPool::disable_key);
}

int keypool_enable_key(keypool_pool* pool, const char* endpoint, const char* key_name) {
  return on_key(pool, endpoint, key_name, &KeyPool::enable_key);
}

int keypool_reset_key(keypool_pool* pool, const char* endpoint, const char* key_name) {
  return on_key(pool, endpoint, key_name, &KeyPool::reset_key);
}

keypool_status keypool_lease_now(keypool_pool* pool, const char* endpoint,
                                 const keypool_request* request, keypool_lease** lease,
                                 keypool_refusal* refusal) {
  const auto asked = known_part(request, keypool_request KEYPOOL_REQUEST_INIT);
  return hand_out(pool, endpoint, lease, refusal,
                  [&] { return pool->keys.lease(endpoint, request_of(asked)); });
}

keypool_status keypool_lease_wait(keypool_pool* pool, const char* endpoint,
                                  const keypool_request* request, uint64_t timeout_ms,
                                  keypool_lease** lease, keypool_refusal* refusal) {
  // A century: what comes after would not fit into the clock.
  constexpr uint64_t kLongestMs = 100ull * 365 * 24 * 3600 * 1000;
  const auto asked = known_part(request, keypool_request KEYPOOL_REQUEST_INIT);
  return hand_out(pool, endpoint, lease, refusal, [&] {
    const auto deadline = system_clock().now() + milliseconds(std::min(timeout_ms, kLongestMs));
    return pool->blocking.wait(
        endpoint, {.lease = request_of(asked), .client = text(asked.client), .deadline = deadline});
  });
}

const char* keypool_lease_secret(const keypool_lease* lease, size_t* size) {
  if (size != nullptr) *size = 0;
  if (lease == nullptr || !lease->held.active()) return nullptr;
  const std::string_view secret = lease->held.secret().reveal();
  if (size != nullptr) *size = secret.size();
  return secret.data();
}

const char* keypool_lease_key_name(const keypool_lease* lease) {
  return lease == nullptr ? "" : lease->key_name.c_str();
}

void keypool_lease_free(keypool_lease* lease) { delete lease; }

void keypool_lease_succeed(keypool_lease* lease, const keypool_success* success) {
  if (lease == nullptr) return;
  const auto went = known_part(success, keypool_success KEYPOOL_SUCCESS_INIT);
  lease->held.succeed({.latency = milliseconds(went.latency_ms),
                       .input_tokens = went.input_tokens,
                       .output_tokens = went.output_tokens,
                       .cost_micro_usd = went.cost_micro_usd});
}

void keypool_lease_rate_limited(keypool_lease* lease, int64_t after_ms) {
  if (lease != nullptr) lease->held.rate_limited(hint(after_ms));
}

void keypool_lease_fail(keypool_lease* lease, const char* why) {
  if (lease != nullptr) lease->held.fail(text(why));
}

int keypool_lease_key_refused(keypool_lease* lease, const char* why) {
  return lease != nullptr && lease->held.key_refused(text(why)) == Blame::key;
}

void keypool_lease_key_leaked(keypool_lease* lease, const char* why) {
  if (lease != nullptr) lease->held.key_leaked(text(why));
}

void keypool_lease_group_depleted(keypool_lease* lease, const char* why, int64_t after_ms) {
  if (lease != nullptr) lease->held.group_depleted(text(why), hint(after_ms));
}

void keypool_lease_model_refused(keypool_lease* lease, const char* why) {
  if (lease != nullptr) lease->held.model_refused(text(why));
}

void keypool_lease_endpoint_failed(keypool_lease* lease, const char* why) {
  if (lease != nullptr) lease->held.endpoint_failed(text(why));
}

void keypool_lease_release(keypool_lease* lease) {
  if (lease != nullptr) lease->held.release();
}

void keypool_lease_observe(keypool_lease* lease, const keypool_limit_notice* notices,
                           size_t count) {
  if (lease == nullptr || notices == nullptr) return;
  // An array of an older header's structs lies closer together: its first says how close.
  const auto* bytes = reinterpret_cast<const unsigned char*>(notices);
  const size_t stride = notices->struct_size;
  for (size_t i = 0; i < count; ++i) {
    const auto told = known_part(reinterpret_cast<const keypool_limit_notice*>(bytes + i * stride),
                                 keypool_limit_notice KEYPOOL_LIMIT_NOTICE_INIT);
    const auto dimension = static_cast<unsigned>(told.dimension);
    if (dimension >= kDimensions) continue;  // of a later version
    LimitNotice notice{.dimension = static_cast<Dimension>(dimension)};
    if (told.limit >= 0) notice.limit = static_cast<std::uint64_t>(told.limit);
    if (told.remaining >= 0) notice.remaining = static_cast<std::uint64_t>(told.remaining);
    lease->held.observe({&notice, 1});
  }
}

void keypool_lease_belongs_to(keypool_lease* lease, const char* account) {
  if (lease != nullptr && account != nullptr) lease->held.belongs_to(account);
}

size_t keypool_stats(const keypool_pool* pool, const char* endpoint, keypool_on_key on_key,
                     void* context) {
  if (pool == nullptr || endpoint == nullptr) return 0;
  return guarded(
      [&] {
        const auto keys = pool->keys.stats(endpoint);
        for (const KeyStats& key : keys) {
          if (on_key == nullptr) break;
          const keypool_key_stats told{
              .struct_size = sizeof(keypool_key_stats),
              .name = key.name.c_str(),
              .state = static_cast<keypool_key_state>(key.state),
              .reason = key.reason.c_str(),
              .until_unix_ms = key.until ? key.until->time_since_epoch().count() : -1,
              .requests = key.total_requests,
              .successes = key.successes,
              .failures = key.failures,
              .rate_limits = key.rate_limits,
              .abandoned = key.abandoned,
              .in_flight = key.in_flight,
              .latency_ms = static_cast<std::uint64_t>(key.total_latency.count()),
              .input_tokens = key.total_input_tokens,
              .output_tokens = key.total_output_tokens,
              .load = key.window_load};
          on_key(context, &told);
        }
        return keys.size();
      },
      size_t{0});
}

size_t keypool_available_keys(const keypool_pool* pool, const char* endpoint) {
  if (pool == nullptr || endpoint == nullptr) return 0;
  return guarded([&] { return pool->keys.available_keys(endpoint); }, size_t{0});
}

int keypool_save_stats(const keypool_pool* pool, const char* path, keypool_refusal* refusal) {
  return transfer(pool, path, refusal, [&] { return save_stats(pool->keys, path); });
}

int keypool_load_stats(keypool_pool* pool, const char* path, keypool_refusal* refusal) {
  return transfer(pool, path, refusal, [&] { return load_stats(pool->keys, path); });
}
