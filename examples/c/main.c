/* A program in C that calls a model API over many keys. The provider is simulated by a function, so
 * that the example runs anywhere:
 *
 *     ./c_example
 *
 * From elsewhere: cc main.c $(pkg-config --cflags --libs keypool_c)
 */
#include <stdio.h>
#include <string.h>

#include <keypool/keypool.h>

static const char *const kEndpoint = "https://api.openai.com";

/* Stands for the HTTP call: the first key is over its limit, the others answer. */
static int call_provider(const char *secret, size_t size) {
  return size == strlen("sk-first") && memcmp(secret, "sk-first", size) == 0 ? 429 : 200;
}

/* One question, on whichever key has room; a key that is refused rests, and the next is another. */
static int ask(keypool_pool *pool) {
  for (;;) {
    keypool_request request = KEYPOOL_REQUEST_INIT;
    request.model = "gpt-4.1-mini";
    keypool_refusal refusal = KEYPOOL_REFUSAL_INIT;
    keypool_lease *lease = NULL;
    if (keypool_lease_wait(pool, kEndpoint, &request, 10000, &lease, &refusal) != KEYPOOL_LEASED) {
      fprintf(stderr, "%s\n", refusal.message);
      return 0;
    }

    size_t size;
    const char *secret = keypool_lease_secret(lease, &size);
    const int status = call_provider(secret, size);
    printf("%s answered %d\n", keypool_lease_key_name(lease), status);
    if (status == 200) {
      keypool_success success = KEYPOOL_SUCCESS_INIT;
      success.input_tokens = 12;
      success.output_tokens = 40;
      keypool_lease_succeed(lease, &success);
    } else {
      keypool_lease_rate_limited(lease, 20000);
    }
    keypool_lease_free(lease);
    if (status == 200) return 1;
  }
}

static void print_key(void *context, const keypool_key_stats *key) {
  (void)context;
  printf("%s is %s: %llu of %llu calls answered, %llu tokens\n", key->name,
         key->state == KEYPOOL_COOLING ? "cooling" : "ready", (unsigned long long)key->successes,
         (unsigned long long)key->requests, (unsigned long long)key->output_tokens);
}

int main(void) {
  keypool_pool *pool = keypool_new(NULL);
  if (pool == NULL) return 1;
  /* In earnest: keypool_register(pool, kEndpoint, names, count), which looks the names up. */
  keypool_add_key(pool, kEndpoint, "FIRST", "sk-first", strlen("sk-first"));
  keypool_add_key(pool, kEndpoint, "SECOND", "sk-second", strlen("sk-second"));

  int answered = 1;
  for (int question = 0; question < 3 && answered; ++question) answered = ask(pool);
  keypool_stats(pool, kEndpoint, print_key, NULL);
  keypool_free(pool);
  return answered ? 0 : 1;
}
