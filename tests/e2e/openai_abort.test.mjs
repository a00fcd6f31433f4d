// A client that leaves in the middle of a stream ends the provider's work, and its key is free again.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

import { eventually, gatewayOverProvider } from "./programs.mjs";

const question = { model: "gpt-4.1-mini", stream: true, messages: [{ role: "user", content: "Slowly." }] };

test("an aborted stream is aborted at the provider, and what was seen is counted", async (t) => {
  const gateway = await gatewayOverProvider(t, { answers: { tokens: 100_000, tokens_per_second: 50 } });
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });

  const stream = await client.chat.completions.create(question);
  let chunks = 0;
  for await (const chunk of stream) {
    chunks += chunk.choices[0]?.delta?.content ? 1 : 0;
    if (chunks === 3) stream.controller.abort();
  }

  await eventually(async () => (await gateway.observed()).keys[0].hung_up === 1);
  await eventually(async () => (await gateway.keys()).KEY.in_flight === 0);
  const { KEY: key } = await gateway.settledKeys();
  assert.equal(key.state, "ready");
  assert.ok(key.total_output_tokens >= 3, `${key.total_output_tokens} tokens`);
});
