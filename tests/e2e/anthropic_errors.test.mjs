// The `@anthropic-ai/sdk` client raises its own typed errors with the words that the provider, or
// keypool, has said.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { gatewayOverProvider } from "./programs.mjs";

const question = {
  model: "claude-haiku-4-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello." }],
};

async function ask(t, setup) {
  const gateway = await gatewayOverProvider(t, { dialect: "anthropic", ...setup });
  const client = new Anthropic({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
  return client.messages.create(question);
}

const providersOwn = [
  { says: "anthropic.prompt_too_long", type: Anthropic.BadRequestError, words: /prompt is too long/ },
  { says: "anthropic.batch_not_found", type: Anthropic.NotFoundError, words: /batch not found/ },
  { says: "anthropic.cors", type: Anthropic.AuthenticationError, words: /CORS/ },
];

for (const { says, type, words } of providersOwn) {
  test(`${says} comes as ${type.name}`, async (t) => {
    await assert.rejects(ask(t, { scenario: { faults: [{ says }] } }), (error) => {
      assert.ok(error instanceof type, error.constructor.name);
      assert.match(error.message, words);
      return true;
    });
  });
}

test("a pool at rest is a RateLimitError with keypool's words", async (t) => {
  const setup = { endpoint: { max_wait: "0s" }, scenario: { faults: [{ says: "anthropic.rate_limit" }] } };
  await assert.rejects(ask(t, setup), (error) => {
    assert.ok(error instanceof Anthropic.RateLimitError, error.constructor.name);
    assert.equal(error.error.type, "error");
    assert.equal(error.error.error.type, "keypool_error");
    assert.equal(error.error.error.code, "all_keys_cooling");
    const seconds = Number(error.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`);
    return true;
  });
});

test("a provider that cannot be reached is an error with keypool's words", async (t) => {
  const setup = { scenario: { faults: [{ reset: "before_head" }] }, endpoint: { attempts: 1 } };
  await assert.rejects(ask(t, setup), (error) => {
    assert.ok(error instanceof Anthropic.InternalServerError, error.constructor.name);
    assert.equal(error.status, 502);
    assert.equal(error.error.error.code, "upstream_unreachable");
    return true;
  });
});

test("an error within a stream is the SDK's own", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    dialect: "anthropic",
    scenario: { faults: [{ says: "anthropic.stream_overloaded_later" }] },
  });
  const client = new Anthropic({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
  let text = "";
  const stream = client.messages.stream(question).on("text", (piece) => (text += piece));
  await assert.rejects(stream.done(), (error) => {
    assert.ok(error instanceof Anthropic.APIError, error.constructor.name);
    assert.match(error.message, /Overloaded/);
    return true;
  });
  assert.equal(text, "Hello");
});
