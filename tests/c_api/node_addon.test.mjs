// The C interface from Node, through an addon.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const keypool = createRequire(import.meta.url)(process.env.KEYPOOL_ADDON);
const endpoint = "https://api.openai.com";

function poolOfTwo() {
  const pool = keypool.newPool();
  assert.equal(keypool.addKey(pool, endpoint, "FIRST", "sk-first"), 1);
  assert.equal(keypool.addKey(pool, endpoint, "SECOND", "sk-second"), 1);
  return pool;
}

test("a lease gives the secret, and counts what the call used", () => {
  const pool = poolOfTwo();
  const lease = keypool.lease(pool, endpoint);
  const name = keypool.keyName(lease);
  assert.equal(keypool.secret(lease), `sk-${name.toLowerCase()}`);
  keypool.succeed(lease, 100, 50);
  assert.equal(keypool.outputTokens(pool, endpoint, name), 50);
});

test("rate-limited keys are passed over, and the refusal says so", () => {
  const pool = poolOfTwo();
  const first = keypool.lease(pool, endpoint);
  keypool.rateLimited(first, 20_000);
  const second = keypool.lease(pool, endpoint);
  assert.notEqual(keypool.keyName(second), keypool.keyName(first));
  keypool.rateLimited(second, 20_000);
  assert.throws(() => keypool.lease(pool, endpoint), /all keys of https:\/\/api\.openai\.com are cooling/);
});
