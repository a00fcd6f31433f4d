// A mix of calls over all dialects, streamed and not, on a provider that lives a thousand times faster:
// what the admin API says of each key is what the provider itself has counted.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const endpoints = { openai: ["O1", "O2"], anthropic: ["A1", "A2"], gemini: ["G1", "G2"] };
const keys = Object.values(endpoints).flat().map((name) => ({ name, secret: `sk-lab-${name}` }));
const messages = [{ role: "user", content: "Say something." }];

async function drained(stream) {
  for await (const piece of await stream) void piece;
}

/** One call of each kind. */
function mix(url) {
  const openai = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: "unused", maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: `${url}/anthropic`, apiKey: "unused", maxRetries: 0 });
  const model = "model-x";
  const gemini = async (verb) => {
    const answer = await fetch(`${url}/gemini/v1beta/models/${model}:${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-goog-api-key": "unused" },
      body: JSON.stringify({ contents: [{ parts: [{ text: "Say something." }] }] }),
    });
    assert.equal(answer.status, 200, await answer.text());
  };
  return [
    openai.chat.completions.create({ model, messages }),
    drained(openai.chat.completions.create({ model, messages, stream: true })),
    drained(openai.chat.completions.create({
      model, messages, stream: true, stream_options: { include_usage: true },
    })),
    openai.responses.create({ model, input: "Say something." }),
    drained(openai.responses.create({ model, input: "Say something.", stream: true })),
    openai.embeddings.create({ model, input: "Something." }),
    anthropic.messages.create({ model, max_tokens: 200, messages }),
    drained(anthropic.messages.create({ model, max_tokens: 200, messages, stream: true })),
    gemini("generateContent"),
    gemini("streamGenerateContent?alt=sse"),
    gemini("streamGenerateContent"),
  ];
}

test("every key's tokens are the provider's own count", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    keys,
    endpoints,
    answers: { tokens: [5, 150], first_token: "2s", tokens_per_second: 20, cached: 0.3, thinking: 9 },
    scenario: { time_scale: 1000, faults: [{ probability: 0.02, error: "server_error" }] },
  });

  for (let round = 0; round < 20; ++round) await Promise.all(mix(gateway.url));

  const counted = await gateway.settledKeys();
  const seen = (await gateway.observed()).keys;
  assert.equal(seen.reduce((sum, key) => sum + key.served, 0), 220);
  for (const { name, input_tokens, output_tokens } of seen) {
    assert.ok(output_tokens > 0, `${name} was not used`);
    assert.equal(counted[name].total_input_tokens, input_tokens, name);
    assert.equal(counted[name].total_output_tokens, output_tokens, name);
  }
});
