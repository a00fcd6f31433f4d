// The `@anthropic-ai/sdk` client's own retries come on top of keypool's only where they help.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { gatewayOverProvider } from "./programs.mjs";

const question = {
  model: "claude-haiku-4-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello." }],
};

function clientOf(gateway) {
  return new Anthropic({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 2 });
}

test("a provider that is always overloaded is asked as often as keypool does, not thrice as often", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    dialect: "anthropic",
    scenario: { faults: [{ error: "overloaded" }] },
  });

  await assert.rejects(clientOf(gateway).messages.create(question), Anthropic.InternalServerError);

  assert.equal((await gateway.observed()).calls, 3);
});

test("the client comes back when the pool says, and is served", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    dialect: "anthropic",
    endpoint: { max_wait: "0s" },
    scenario: {
      faults: [{
        calls: 1,
        answer: {
          status: 429,
          headers: { "retry-after": "1" },
          body: '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}',
        },
      }],
    },
  });

  const answer = await clientOf(gateway).messages.create(question);

  assert.ok(answer.content[0].text.length > 0);
  assert.equal((await gateway.observed()).calls, 2);
});
