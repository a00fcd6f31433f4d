// Clients with tokens: the official SDKs raise their own typed errors with keypool's words, and do
// not ask again in vain.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const token = "kp_token-of-ci";
const hash = `sha256:${createHash("sha256").update(token).digest("hex")}`;
const messages = [{ role: "user", content: "Say hello." }];

/** A gateway whose only client is `ci`. */
function guarded(t, bounds = {}, setup = {}) {
  return gatewayOverProvider(t, {
    config: { clients: [{ name: "ci", token_hash: hash, ...bounds }] },
    ...setup,
  });
}

const ask = (gateway, { apiKey = token, model = "gpt-4.1-mini", ...options } = {}) =>
  new OpenAI({ baseURL: gateway.baseURL, apiKey, ...options }).chat.completions.create({ model, messages });

test("the token as API key is all that an SDK needs", async (t) => {
  const gateway = await guarded(t);
  assert.equal((await ask(gateway)).object, "chat.completion");
});

const refusals = [
  {
    name: "another token",
    call: { apiKey: "kp_somebody-elses" },
    type: OpenAI.AuthenticationError,
    code: "unauthorized",
    words: /keypool token create/,
  },
  {
    name: "another model",
    bounds: { models: ["gpt-*"] },
    call: { model: "o4-mini" },
    type: OpenAI.PermissionDeniedError,
    code: "forbidden_model",
    words: /ci may not use model "o4-mini"/,
  },
  {
    name: "another endpoint",
    bounds: { endpoints: ["other*"] },
    type: OpenAI.PermissionDeniedError,
    code: "forbidden_endpoint",
    words: /ci may not call endpoint openai/,
  },
];

for (const { name, bounds, call, type, code, words } of refusals) {
  test(`${name} comes as ${type.name}`, async (t) => {
    const gateway = await guarded(t, bounds);
    await assert.rejects(ask(gateway, call), (error) => {
      assert.ok(error instanceof type, error.constructor.name);
      assert.equal(error.code, code);
      assert.equal(error.type, "keypool_error");
      assert.match(error.message, words);
      return true;
    });
  });
}

test("a budget that is used up is a RateLimitError at once, whatever the SDK's retries", async (t) => {
  const gateway = await guarded(t, { budget_tokens_per_day: 1 });
  await ask(gateway);
  await gateway.settledKeys();
  await assert.rejects(ask(gateway, { maxRetries: 5 }), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError, error.constructor.name);
    assert.equal(error.code, "budget_exceeded");
    assert.match(error.message, /budget_tokens_per_day/);
    return true;
  });
});

test("more calls than a client may make is a RateLimitError that says when to come back", async (t) => {
  const gateway = await guarded(t, { rpm: 1 });
  await ask(gateway);
  await assert.rejects(ask(gateway, { maxRetries: 0 }), (error) => {
    assert.equal(error.code, "client_limit");
    const seconds = Number(error.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`);
    return true;
  });
});

test("Anthropic's SDK sends its token, and raises its own errors", async (t) => {
  const gateway = await guarded(t, { models: ["claude-haiku-*"] }, { dialect: "anthropic" });
  const create = (apiKey, model) =>
    new Anthropic({ baseURL: gateway.baseURL, apiKey }).messages.create({ model, max_tokens: 9, messages });
  assert.equal((await create(token, "claude-haiku-4-5")).role, "assistant");
  await assert.rejects(create("kp_x", "claude-haiku-4-5"), Anthropic.AuthenticationError);
  await assert.rejects(create(token, "claude-opus-4-1"), Anthropic.PermissionDeniedError);
});
