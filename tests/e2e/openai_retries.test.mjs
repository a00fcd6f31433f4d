// The `openai` client's own retries are for what they can help with, and keypool tells it when.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const question = { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Say hello." }] };

function clientOf(gateway) {
  return new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 2 });
}

test("a mistake is made once", async (t) => {
  const gateway = await gatewayOverProvider(t, { scenario: { faults: [{ error: "invalid_request" }] } });

  await assert.rejects(clientOf(gateway).chat.completions.create(question), OpenAI.BadRequestError);

  assert.equal((await gateway.observed()).calls, 1);
});

test("a provider that always fails is asked as often as keypool does, not thrice as often", async (t) => {
  const gateway = await gatewayOverProvider(t, { scenario: { faults: [{ error: "server_error" }] } });

  await assert.rejects(clientOf(gateway).chat.completions.create(question), OpenAI.InternalServerError);

  assert.equal((await gateway.observed()).calls, 3);
});

test("an empty purse is asked once", async (t) => {
  const gateway = await gatewayOverProvider(t, { scenario: { faults: [{ says: "openai.insufficient_quota" }] } });

  await assert.rejects(clientOf(gateway).chat.completions.create(question), OpenAI.RateLimitError);

  assert.equal((await gateway.observed()).calls, 1);
});

test("the client comes back when the pool says, and is served", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    endpoint: { max_wait: "0s" },
    scenario: { faults: [{ calls: 1, says: "openai.rate_limit_in_ms" }] },
  });

  const answer = await clientOf(gateway).chat.completions.create(question);

  assert.ok(answer.choices[0].message.content.length > 0);
  assert.equal((await gateway.observed()).calls, 2);
});
