/* As much of the C interface as a program in Node needs to make a call: an addon over N-API, whose ABI Node keeps. */
#include <node_api.h>
#include <string.h>

#include <keypool/keypool.h>

/* The arguments of a call, texts cut off at a size no name has. */
typedef struct arguments {
  napi_value value[4];
  char text[4][256];
  size_t size[4];
} arguments;

static void read_arguments(napi_env env, napi_callback_info info, arguments *given) {
  size_t count = 4;
  memset(given, 0, sizeof *given);
  napi_get_cb_info(env, info, &count, given->value, NULL, NULL);
  for (size_t i = 0; i < count; ++i) {
    napi_valuetype type;
    if (napi_typeof(env, given->value[i], &type) == napi_ok && type == napi_string)
      napi_get_value_string_utf8(env, given->value[i], given->text[i], sizeof given->text[i], &given->size[i]);
  }
}

static void *handle_of(napi_env env, napi_value value) {
  void *handle = NULL;
  napi_get_value_external(env, value, &handle);
  return handle;
}

static napi_value text_of(napi_env env, const char *bytes, size_t size) {
  napi_value value;
  napi_create_string_utf8(env, bytes, size, &value);
  return value;
}

static napi_value number_of(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

static void free_pool(napi_env env, void *pool, void *hint) {
  (void)env;
  (void)hint;
  keypool_free(pool);
}

static void free_lease(napi_env env, void *lease, void *hint) {
  (void)env;
  (void)hint;
  keypool_lease_free(lease);
}

/* newPool() */
static napi_value new_pool(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value;
  napi_create_external(env, keypool_new(NULL), free_pool, NULL, &value);
  return value;
}

/* addKey(pool, endpoint, name, secret) */
static napi_value add_key(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  const int added =
      keypool_add_key(handle_of(env, given.value[0]), given.text[1], given.text[2], given.text[3], given.size[3]);
  memset(given.text[3], 0, sizeof given.text[3]);
  return number_of(env, added);
}

/* lease(pool, endpoint): throws what the refusal says */
static napi_value lease(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  keypool_lease *leased = NULL;
  keypool_refusal refusal = KEYPOOL_REFUSAL_INIT;
  if (keypool_lease_now(handle_of(env, given.value[0]), given.text[1], NULL, &leased, &refusal) != KEYPOOL_LEASED) {
    napi_throw_error(env, NULL, refusal.message);
    return NULL;
  }
  napi_value value;
  napi_create_external(env, leased, free_lease, NULL, &value);
  return value;
}

/* keyName(lease) */
static napi_value key_name(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  return text_of(env, keypool_lease_key_name(handle_of(env, given.value[0])), NAPI_AUTO_LENGTH);
}

/* secret(lease) */
static napi_value secret(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  size_t size = 0;
  const char *bytes = keypool_lease_secret(handle_of(env, given.value[0]), &size);
  return text_of(env, bytes == NULL ? "" : bytes, size);
}

/* succeed(lease, inputTokens, outputTokens) */
static napi_value succeed(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  keypool_success success = KEYPOOL_SUCCESS_INIT;
  int64_t tokens = 0;
  if (napi_get_value_int64(env, given.value[1], &tokens) == napi_ok) success.input_tokens = (uint64_t)tokens;
  if (napi_get_value_int64(env, given.value[2], &tokens) == napi_ok) success.output_tokens = (uint64_t)tokens;
  keypool_lease_succeed(handle_of(env, given.value[0]), &success);
  return NULL;
}

/* rateLimited(lease, afterMs) */
static napi_value rate_limited(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  int64_t after_ms = -1;
  napi_get_value_int64(env, given.value[1], &after_ms);
  keypool_lease_rate_limited(handle_of(env, given.value[0]), after_ms);
  return NULL;
}

/* What is counted of the key that is asked for. */
typedef struct counted {
  const char *name;
  uint64_t output_tokens;
} counted;

static void count(void *context, const keypool_key_stats *key) {
  counted *asked = context;
  if (strcmp(asked->name, key->name) == 0) asked->output_tokens = key->output_tokens;
}

/* outputTokens(pool, endpoint, name) */
static napi_value output_tokens(napi_env env, napi_callback_info info) {
  arguments given;
  read_arguments(env, info, &given);
  counted asked = {given.text[2], 0};
  keypool_stats(handle_of(env, given.value[0]), given.text[1], count, &asked);
  return number_of(env, (double)asked.output_tokens);
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } kFunctions[] = {
      {"newPool", new_pool},         {"addKey", add_key},   {"lease", lease},
      {"keyName", key_name},         {"secret", secret},    {"succeed", succeed},
      {"rateLimited", rate_limited}, {"outputTokens", output_tokens},
  };
  for (size_t i = 0; i < sizeof kFunctions / sizeof *kFunctions; ++i) {
    napi_value function;
    napi_create_function(env, kFunctions[i].name, NAPI_AUTO_LENGTH, kFunctions[i].call, NULL, &function);
    napi_set_named_property(env, exports, kFunctions[i].name, function);
  }
  return exports;
}
