// The `openai` client raises its own typed errors with the words that the provider, or keypool, has
// said; and its retries do not multiply keypool's.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

import { gatewayOverProvider, oneKey } from "./programs.mjs";

const question = { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Say hello." }] };

async function ask(t, setup, options = { maxRetries: 0 }) {
  const gateway = await gatewayOverProvider(t, setup);
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", ...options });
  return { gateway, asked: client.chat.completions.create(question) };
}

const providersOwn = [
  { says: "openai.context_length_exceeded", type: OpenAI.BadRequestError, code: "context_length_exceeded" },
  { says: "openai.conflict", type: OpenAI.ConflictError, code: null },
  { says: "openai.no_such_file", type: OpenAI.NotFoundError, code: null },
  { says: "mistral.validation", type: OpenAI.UnprocessableEntityError },
];

for (const { says, type, code } of providersOwn) {
  test(`${says} comes as ${type.name}`, async (t) => {
    const { asked } = await ask(t, { scenario: { faults: [{ says }] } });
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof type, error.constructor.name);
      if (code !== undefined) assert.equal(error.code, code);
      return true;
    });
  });
}

test("a pool at rest is a RateLimitError that says so and for how long", async (t) => {
  const { asked } = await ask(t, {
    endpoint: { max_wait: "0s" },
    scenario: { faults: [{ says: "openai.rate_limit_in_seconds" }] },
  });
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError, error.constructor.name);
    assert.equal(error.code, "all_keys_cooling");
    assert.equal(error.type, "keypool_error");
    assert.match(error.message, /openai/);
    const seconds = Number(error.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`);
    return true;
  });
});

test("a provider that cannot be reached is an error with keypool's words", async (t) => {
  const { asked } = await ask(t, { scenario: { faults: [{ reset: "before_head" }] }, endpoint: { attempts: 1 } });
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof OpenAI.InternalServerError, error.constructor.name);
    assert.equal(error.status, 502);
    assert.equal(error.code, "upstream_unreachable");
    return true;
  });
});

test("a body that is too large is refused with 413", async (t) => {
  const gateway = await gatewayOverProvider(t, { config: { limits: { body_bytes: "1KiB" } } });
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
  const long = [{ role: "user", content: "x".repeat(2000) }];
  await assert.rejects(client.chat.completions.create({ ...question, messages: long }), (error) => {
    assert.equal(error.status, 413);
    assert.equal(error.code, "request_too_large");
    return true;
  });
});

test("no key is shown in an error", async (t) => {
  const { asked } = await ask(t, { keys: [{ ...oneKey[0], secret: "sk-lab-never-shown" }], scenario: { faults: [{ error: "bad_key" }] } });
  await assert.rejects(asked, (error) => {
    assert.ok(!JSON.stringify([error.message, error.error, [...error.headers]]).includes("never-shown"));
    return true;
  });
});
