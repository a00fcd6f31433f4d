// A day's mix of calls over all dialects, whole, streamed and over WebSockets, compressed where the client
// takes it, on a provider that lives faster: what the admin API says of each key, and what the ledger on the
// disk says, is what the provider itself has counted. Streams that their clients leave are counted apart,
// since nobody is told what they cost.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { WebSocket } from "ws";

import { eventually, gatewayOverProvider } from "./programs.mjs";

const endpoints = { openai: ["O1", "O2"], anthropic: ["A1", "A2"], gemini: ["G1", "G2"], generic: ["LEFT"] };
const keys = Object.values(endpoints).flat().map((name) => ({ name, secret: `sk-lab-${name}` }));
const messages = [{ role: "user", content: "Say something." }];

/** How much faster than ours the provider's time goes by. */
const timeScale = 20_000;
const aDay = 24 * 3_600_000 / timeScale;

async function drained(stream) {
  for await (const piece of await stream) void piece;
}

/** Two turns of a realtime conversation. */
function conversation(url, model) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/openai/v1/realtime?model=${model}`);
  const ask = () => socket.send(JSON.stringify({ type: "response.create" }));
  return new Promise((resolve, reject) => {
    let turns = 0;
    socket.on("error", reject).on("close", resolve).on("open", ask).on("message", (data) => {
      if (JSON.parse(data).type !== "response.done") return;
      if (++turns === 2) socket.close();
      else ask();
    });
  });
}

/** A stream that is left after a few of its pieces; resolves to their number. */
async function leftStream(url) {
  const leave = new AbortController();
  const answer = await fetch(`${url}/generic/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-lab-tokens": "1000", "x-lab-tokens-per-second": "0.01" },
    body: JSON.stringify({ model: "model-x", messages, stream: true }),
    signal: leave.signal,
  });
  let text = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.split('"content":"').length > 5) break;
  }
  leave.abort();
  return text.split('"content":"').length - 1;
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
    conversation(url, model),
  ];
}

test("every key's tokens are the provider's own count", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    keys,
    endpoints,
    answers: { tokens: [5, 150], first_token: "2s", tokens_per_second: 20, cached: 0.3, thinking: 9 },
    scenario: { gzip: true, time_scale: timeScale, faults: [{ probability: 0.02, error: "server_error" }] },
  });

  let calls = 0;
  for (const begin = performance.now(); performance.now() < begin + aDay;) {
    calls += (await Promise.all(mix(gateway.url))).length;
  }

  let seenOfLeft = 0;
  for (let i = 0; i < 5; ++i) seenOfLeft += await leftStream(gateway.url);

  const counted = await gateway.settledKeys();
  let seen;
  await eventually(async () => {  // a provider books a connection when it is told of its end
    seen = (await gateway.observed()).keys.filter(({ name }) => name !== "LEFT");
    return seen.reduce((sum, key) => sum + key.served, 0) === calls;
  });
  let ledger;
  await eventually(async () => {
    ledger = await gateway.ledger();
    return Object.values(ledger).reduce((sum, row) => sum + row.outcomes.succeeded, 0) === calls
      && ledger.LEFT?.outcomes.hung_up === 5;
  });
  for (const { name, input_tokens, output_tokens } of seen) {
    assert.ok(output_tokens > 0, `${name} was not used`);
    assert.equal(counted[name].total_input_tokens, input_tokens, name);
    assert.equal(counted[name].total_output_tokens, output_tokens, name);
    assert.equal(ledger[name].tokens.input, input_tokens, name);
    assert.equal(ledger[name].tokens.output, output_tokens, name);
    assert.equal(ledger[name].estimated, 0, name);
  }
  assert.equal(ledger.LEFT.estimated, 5);
  assert.ok(ledger.LEFT.tokens.output >= seenOfLeft - 5, "leaving early is no way around a budget");
});
