// The responses API through the unmodified `openai` client: plain, streamed, stored and looked up.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const question = { model: "gpt-4.1-mini", input: "Say hello." };
const lookUp = {
  type: "function",
  name: "look_up",
  strict: false,
  parameters: { type: "object", properties: { word: { type: "string" } } },
};

function clientOf(gateway) {
  return new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
}

test("a whole answer has its text", async (t) => {
  const gateway = await gatewayOverProvider(t);
  const response = await clientOf(gateway).responses.create(question);

  assert.equal(response.status, "completed");
  assert.ok(response.output_text.length > 0);
  assert.equal((await gateway.settledKeys()).KEY.total_output_tokens, response.usage.output_tokens);
});

test("a streamed answer has the same events in order, and its usage is counted", async (t) => {
  const gateway = await gatewayOverProvider(t);
  const types = [];
  let usage;
  for await (const event of await clientOf(gateway).responses.create({ ...question, stream: true })) {
    if (event.type !== types.at(-1)) types.push(event.type);
    if (event.type === "response.completed") usage = event.response.usage;
  }

  assert.deepEqual(types, [
    "response.created", "response.in_progress", "response.output_item.added",
    "response.content_part.added", "response.output_text.delta", "response.output_text.done",
    "response.content_part.done", "response.output_item.done", "response.completed",
  ]);
  assert.equal((await gateway.settledKeys()).KEY.total_output_tokens, usage.output_tokens);
});

test("a function is called in a stream", async (t) => {
  const client = clientOf(await gatewayOverProvider(t));
  const response = await client.responses.stream({ ...question, tools: [lookUp] }).finalResponse();

  const [call] = response.output;
  assert.equal(call.type, "function_call");
  assert.equal(typeof JSON.parse(call.arguments).word, "string");
});

test("a stored response is read, gone on from, listed and deleted", async (t) => {
  const client = clientOf(await gatewayOverProvider(t));
  const first = await client.responses.create(question);

  assert.equal((await client.responses.retrieve(first.id)).output_text, first.output_text);
  const items = await client.responses.inputItems.list(first.id);
  assert.equal(items.data[0].content[0].text, question.input);
  const next = await client.responses.create({ ...question, previous_response_id: first.id });
  assert.equal(next.status, "completed");
  await client.responses.delete(first.id);
  await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
});

test("a response in the background is cancelled", async (t) => {
  const client = clientOf(await gatewayOverProvider(t));
  const response = await client.responses.create({ ...question, background: true });

  assert.equal(response.status, "queued");
  assert.equal((await client.responses.cancel(response.id)).status, "cancelled");
});

test("going on from a response that is not there is the caller's mistake", async (t) => {
  const client = clientOf(await gatewayOverProvider(t));
  await assert.rejects(
    client.responses.create({ ...question, previous_response_id: "resp_none" }),
    (error) => error instanceof OpenAI.BadRequestError && error.code === "previous_response_not_found",
  );
});
