/* keypool for programs that are not written in C++: one endpoint, many API keys.
 *
 *     keypool_pool *pool = keypool_new(NULL);
 *     const char *names[] = {"OPENAI_API_KEY"};
 *     keypool_register(pool, "openai", names, 1);
 *
 *     keypool_lease *lease = NULL;
 *     keypool_refusal refusal = KEYPOOL_REFUSAL_INIT;
 *     if (keypool_lease_wait(pool, "openai", NULL, 10000, &lease, &refusal) != KEYPOOL_LEASED) {
 *       fprintf(stderr, "%s\n", refusal.message);
 *     } else {
 *       size_t size;
 *       const char *secret = keypool_lease_secret(lease, &size);
 *       …call the provider…
 *       keypool_success success = KEYPOOL_SUCCESS_INIT;
 *       success.input_tokens = 100;
 *       keypool_lease_succeed(lease, &success);
 *       keypool_lease_free(lease);
 *     }
 *     keypool_free(pool);
 *
 * Link with -lkeypool_c. What each call does to a key is told in <keypool/lease.h> and
 * <keypool/key_pool.h>, whose names it has.
 *
 * ABI: functions are only ever added. Structs begin with their own size, which the INIT macros
 * set, and grow at their end: a program built with an older header works with a newer library.
 * Enumerators keep their numbers.
 *
 * Texts that go in are UTF-8, end with a zero, are copied, and may not be NULL where nothing else
 * is said. A NULL pool or lease has no effect. Nothing throws.
 *
 * Thread-safety: a pool may be used by any thread at any time; a lease by one thread at a time, it
 * may end on another thread than it began on.
 */
#ifndef KEYPOOL_KEYPOOL_H
#define KEYPOOL_KEYPOOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KEYPOOL_API __attribute__((visibility("default")))
#else
#define KEYPOOL_API
#endif

typedef struct keypool_pool keypool_pool;
typedef struct keypool_lease keypool_lease;

/* ── The pool ────────────────────────────────────────────────────────────────────────────────── */

typedef struct keypool_options {
  size_t struct_size;
  uint64_t cooldown_ms;         /* of a rate limit without a hint; 0: 60 s */
  uint64_t load_window_ms;      /* what "recent" load means; 0: 60 s */
  uint64_t unknown_call_tokens; /* of a call on a key that has reported nothing; 0: 1,000 */
} keypool_options;

#define KEYPOOL_OPTIONS_INIT \
  { sizeof(keypool_options), 0, 0, 0 }

/* The library's version, as `0.1.0`. Lives as long as the program. */
KEYPOOL_API const char *keypool_version(void);

/* A pool without keys, to be freed with keypool_free. NULL options: the defaults. NULL only when
 * there is no memory left. */
KEYPOOL_API keypool_pool *keypool_new(const keypool_options *options);

/* Leases that are held stay good, and may be ended and freed later. Nobody may wait in
 * keypool_lease_wait any more. */
KEYPOOL_API void keypool_free(keypool_pool *pool);

/* Resolves names (environment, files, keychain) and adds their keys; a value may be a list. Returns
 * how many keys were added. Names that resolve to nothing are told by the error of the first lease. */
KEYPOOL_API size_t keypool_register(keypool_pool *pool, const char *endpoint,
                                    const char *const *names, size_t count);

/* Adds one key whose secret the caller holds. 1: added; 0: there is a key of this name, or the
 * secret is empty. The caller's copy stays the caller's to wipe. */
KEYPOOL_API int keypool_add_key(keypool_pool *pool, const char *endpoint, const char *key_name,
                                const char *secret, size_t secret_size);

/* 1: done; 0: there is no such key. */
KEYPOOL_API int keypool_remove_key(keypool_pool *pool, const char *endpoint, const char *key_name);
KEYPOOL_API int keypool_disable_key(keypool_pool *pool, const char *endpoint, const char *key_name);
KEYPOOL_API int keypool_enable_key(keypool_pool *pool, const char *endpoint, const char *key_name);
KEYPOOL_API int keypool_reset_key(keypool_pool *pool, const char *endpoint, const char *key_name);

/* ── A lease ─────────────────────────────────────────────────────────────────────────────────── */

typedef enum keypool_status {
  KEYPOOL_LEASED = 0,
  KEYPOOL_UNKNOWN_ENDPOINT = 1,
  KEYPOOL_NO_KEYS = 2,      /* registered, but no name resolved to a secret */
  KEYPOOL_ALL_COOLING = 3,  /* keys exist, none may be used now */
  KEYPOOL_CIRCUIT_OPEN = 4, /* the endpoint itself fails for this model */
  KEYPOOL_FAILED = 5,       /* no memory, or a NULL where none may be */
} keypool_status;

/* What a call is about to ask for. */
typedef struct keypool_request {
  size_t struct_size;
  const char *model;                /* NULL: none named */
  uint64_t estimated_input_tokens;  /* 0: unknown */
  uint64_t estimated_output_tokens; /* 0: unknown */
  const char *same_group_as;        /* a key's name: only keys of its quota group; NULL: any */
  const char *client;               /* whose call it is: in keypool_lease_wait clients take turns */
} keypool_request;

#define KEYPOOL_REQUEST_INIT \
  { sizeof(keypool_request), NULL, 0, 0, NULL, NULL }

/* Why there is no lease. */
typedef struct keypool_refusal {
  size_t struct_size;
  int64_t retry_after_ms; /* until the first key opens; -1: none will by itself, or not known */
  char message[512];      /* one sentence for an operator; cut off where it is longer */
} keypool_refusal;

#define KEYPOOL_REFUSAL_INIT \
  { sizeof(keypool_refusal), -1, {0} }

/* The right to make one call now, in *lease, to be freed with keypool_lease_free. Otherwise *lease
 * is NULL and *refusal says why. NULL request: the defaults; NULL refusal: not asked for. */
KEYPOOL_API keypool_status keypool_lease_now(keypool_pool *pool, const char *endpoint,
                                             const keypool_request *request, keypool_lease **lease,
                                             keypool_refusal *refusal);

/* As keypool_lease_now, but waits in arrival order until a key has room, `timeout_ms` at most; not at
 * all when the soonest rest ends later than that. Blocks its thread. */
KEYPOOL_API keypool_status keypool_lease_wait(keypool_pool *pool, const char *endpoint,
                                              const keypool_request *request, uint64_t timeout_ms,
                                              keypool_lease **lease, keypool_refusal *refusal);

/* The secret's bytes; they do not end with a zero. Valid until the lease ends. NULL when it has. */
KEYPOOL_API const char *keypool_lease_secret(const keypool_lease *lease, size_t *size);

/* Safe to show. Valid until the lease is freed. */
KEYPOOL_API const char *keypool_lease_key_name(const keypool_lease *lease);

/* Ends the lease as abandoned where it has not ended, and gives its memory back. */
KEYPOOL_API void keypool_lease_free(keypool_lease *lease);

/* ── How a call went: the first of these ends the lease, later ones have no effect ───────────── */

typedef struct keypool_success {
  size_t struct_size;
  uint64_t latency_ms;
  uint64_t input_tokens;
  uint64_t output_tokens;
  uint64_t cost_micro_usd; /* what the caller reckons it cost; for spending caps */
} keypool_success;

#define KEYPOOL_SUCCESS_INIT \
  { sizeof(keypool_success), 0, 0, 0, 0 }

typedef enum keypool_dimension {
  KEYPOOL_REQUESTS_PER_MINUTE = 0,
  KEYPOOL_TOKENS_PER_MINUTE = 1,
  KEYPOOL_INPUT_TOKENS_PER_MINUTE = 2,
  KEYPOOL_OUTPUT_TOKENS_PER_MINUTE = 3,
  KEYPOOL_REQUESTS_PER_DAY = 4,
  KEYPOOL_TOKENS_PER_DAY = 5,
} keypool_dimension;

/* What an answer's headers say about one limit; -1: nothing. */
typedef struct keypool_limit_notice {
  size_t struct_size;
  keypool_dimension dimension;
  int64_t limit;
  int64_t remaining; /* after the call that was answered */
} keypool_limit_notice;

#define KEYPOOL_LIMIT_NOTICE_INIT \
  { sizeof(keypool_limit_notice), KEYPOOL_REQUESTS_PER_MINUTE, -1, -1 }

KEYPOOL_API void keypool_lease_succeed(keypool_lease *lease, const keypool_success *success);

/* after_ms: the answer's hint, -1 without one. */
KEYPOOL_API void keypool_lease_rate_limited(keypool_lease *lease, int64_t after_ms);

/* `why`, here and below, is one line for the operator; NULL: nothing is known. */
KEYPOOL_API void keypool_lease_fail(keypool_lease *lease, const char *why);

/* The provider refuses the secret. 1: the key is out; 0: so many were refused at once that the
 * endpoint is the suspect and the keys stay. */
KEYPOOL_API int keypool_lease_key_refused(keypool_lease *lease, const char *why);
KEYPOOL_API void keypool_lease_key_leaked(keypool_lease *lease, const char *why);

/* No credit, or a spending limit. after_ms: until the date the provider named, -1 without one. */
KEYPOOL_API void keypool_lease_group_depleted(keypool_lease *lease, const char *why,
                                              int64_t after_ms);
KEYPOOL_API void keypool_lease_model_refused(keypool_lease *lease, const char *why);

/* The endpoint is unreachable or overloaded; the key is not blamed. */
KEYPOOL_API void keypool_lease_endpoint_failed(keypool_lease *lease, const char *why);

/* The request itself was at fault, or it was never sent: the key is as it was before. */
KEYPOOL_API void keypool_lease_release(keypool_lease *lease);

/* Before the end, any number of times; these two end nothing. */
KEYPOOL_API void keypool_lease_observe(keypool_lease *lease, const keypool_limit_notice *notices,
                                       size_t count);
KEYPOOL_API void keypool_lease_belongs_to(keypool_lease *lease, const char *account);

/* ── Looking ─────────────────────────────────────────────────────────────────────────────────── */

typedef enum keypool_key_state {
  KEYPOOL_READY = 0,
  KEYPOOL_COOLING = 1,
  KEYPOOL_DEPLETED = 2,
  KEYPOOL_INVALID = 3,
  KEYPOOL_DISABLED = 4,
  KEYPOOL_DRAINING = 5,
} keypool_key_state;

typedef struct keypool_key_stats {
  size_t struct_size;
  const char *name;
  keypool_key_state state;
  const char *reason;    /* why it is not ready; empty when it is */
  int64_t until_unix_ms; /* when it will be ready again; -1: not known */
  uint64_t requests;
  uint64_t successes;
  uint64_t failures;
  uint64_t rate_limits;
  uint64_t abandoned;
  uint64_t in_flight;
  uint64_t latency_ms; /* of all successful calls together */
  uint64_t input_tokens;
  uint64_t output_tokens;
  double load; /* tokens lately */
} keypool_key_stats;

/* `stats` and its texts are valid during the call only. */
typedef void (*keypool_on_key)(void *context, const keypool_key_stats *stats);

/* Calls on_key for each key of the endpoint, in order of registration; returns how many. */
KEYPOOL_API size_t keypool_stats(const keypool_pool *pool, const char *endpoint,
                                 keypool_on_key on_key, void *context);

/* Keys that a call without a model could get now. */
KEYPOOL_API size_t keypool_available_keys(const keypool_pool *pool, const char *endpoint);

/* Counts to and from a JSON file. 1: done; 0: *refusal says why; its retry_after_ms is -1. */
KEYPOOL_API int keypool_save_stats(const keypool_pool *pool, const char *path,
                                   keypool_refusal *refusal);
KEYPOOL_API int keypool_load_stats(keypool_pool *pool, const char *path, keypool_refusal *refusal);

#ifdef __cplusplus
}
#endif

#endif
