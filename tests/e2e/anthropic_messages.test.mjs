// Messages through the unmodified `@anthropic-ai/sdk` client: whole, streamed, with tools and
// pictures, and the counting of tokens.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { eventually, gatewayOverProvider } from "./programs.mjs";

const question = {
  model: "claude-haiku-4-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello." }],
};
const weather = {
  name: "weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async function clientOn(t, setup) {
  const gateway = await gatewayOverProvider(t, { dialect: "anthropic", ...setup });
  return { gateway, client: new Anthropic({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 }) };
}

test("a whole message has its text, and cached input is counted as input", async (t) => {
  const { client, gateway } = await clientOn(t, { answers: { tokens: 8, cached: 0.5 } });
  const message = await client.messages.create(question);

  assert.equal(message.stop_reason, "end_turn");
  assert.ok(message.content[0].text.length > 0);
  const { usage } = message;
  const { KEY: key } = await gateway.settledKeys();
  assert.equal(key.total_input_tokens, usage.input_tokens + usage.cache_read_input_tokens);
  assert.equal(key.total_output_tokens, usage.output_tokens);
});

test("a streamed message is put together from its events", async (t) => {
  const { client, gateway } = await clientOn(t, { scenario: { pieces: [1, 30] } });
  let text = "";
  const stream = client.messages.stream(question).on("text", (piece) => (text += piece));

  const message = await stream.finalMessage();

  assert.equal(message.content[0].text, text);
  assert.equal((await gateway.settledKeys()).KEY.total_output_tokens, message.usage.output_tokens);
});

test("a tool is called, and its answer leads to text", async (t) => {
  const { client } = await clientOn(t);
  const asked = await client.messages.create({ ...question, tools: [weather] });

  assert.equal(asked.stop_reason, "tool_use");
  const [call] = asked.content;
  assert.equal(typeof call.input.city, "string");
  const answered = await client.messages.create({
    ...question,
    tools: [weather],
    messages: [
      ...question.messages,
      { role: "assistant", content: asked.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "rain" }] },
    ],
  });
  assert.equal(answered.stop_reason, "end_turn");
});

test("a streamed tool call is put together from its pieces", async (t) => {
  const { client } = await clientOn(t);
  const message = await client.messages.stream({ ...question, tools: [weather] }).finalMessage();
  assert.equal(message.content[0].name, "weather");
  assert.equal(typeof message.content[0].input.city, "string");
});

test("a picture in the question is paid for as the provider counts it", async (t) => {
  const { client, gateway } = await clientOn(t);
  const picture = { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } };
  const { usage } = await client.messages.create({
    ...question,
    messages: [{ role: "user", content: [picture, { type: "text", text: "What is this?" }] }],
  });

  assert.ok(usage.input_tokens > 80);
  assert.equal((await gateway.settledKeys()).KEY.total_input_tokens, usage.input_tokens);
});

test("counting tokens costs none", async (t) => {
  const { client, gateway } = await clientOn(t);
  const { max_tokens, ...countable } = question;
  assert.ok((await client.messages.countTokens(countable)).input_tokens > 0);
  assert.equal((await gateway.settledKeys()).KEY.total_input_tokens, 0);
});

test("an aborted stream is aborted at the provider", async (t) => {
  const { client, gateway } = await clientOn(t, { answers: { tokens: 100_000, tokens_per_second: 50 } });
  const stream = client.messages.stream({ ...question, max_tokens: 100_000 });
  stream.on("text", () => stream.abort());

  await assert.rejects(stream.done(), Anthropic.APIUserAbortError);

  await eventually(async () => (await gateway.observed()).keys[0].hung_up === 1);
  await eventually(async () => (await gateway.keys()).KEY.in_flight === 0);
  assert.equal((await gateway.settledKeys()).KEY.state, "ready");
});
