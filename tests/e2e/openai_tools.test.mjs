// Tool calls and pictures go through the unmodified `openai` client, whole and streamed.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const model = "gpt-4.1-mini";
const weather = {
  type: "function",
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const messages = [{ role: "user", content: "What is the weather in Bern?" }];
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function clientOf(gateway) {
  return new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
}

test("a tool is called, and its answer leads to text", async (t) => {
  const client = clientOf(await gatewayOverProvider(t));

  const asked = await client.chat.completions.create({ model, messages, tools: [weather] });

  const [choice] = asked.choices;
  assert.equal(choice.finish_reason, "tool_calls");
  const [call] = choice.message.tool_calls;
  assert.equal(call.function.name, "weather");
  assert.equal(typeof JSON.parse(call.function.arguments).city, "string");

  const answered = await client.chat.completions.create({
    model,
    tools: [weather],
    messages: [...messages, choice.message, { role: "tool", tool_call_id: call.id, content: "rain" }],
  });
  assert.equal(answered.choices[0].finish_reason, "stop");
  assert.ok(answered.choices[0].message.content.length > 0);
});

test("the client's own tool loop runs to its end", async (t) => {
  const client = clientOf(await gatewayOverProvider(t));
  const cities = [];
  const runner = client.chat.completions.runTools({
    model,
    messages,
    stream: true,
    tools: [{
      type: "function",
      function: { ...weather.function, parse: JSON.parse, function: ({ city }) => (cities.push(city), "rain") },
    }],
  });

  assert.ok((await runner.finalContent()).length > 0);
  assert.equal(cities.length, 1);
});

test("a streamed tool call is put together from its pieces", async (t) => {
  const gateway = await gatewayOverProvider(t, { scenario: { pieces: [1, 30] } });
  const stream = clientOf(gateway).chat.completions.stream({ model, messages, tools: [weather] });

  const { choices } = await stream.finalChatCompletion();

  const { name, arguments: given } = choices[0].message.tool_calls[0].function;
  assert.equal(name, "weather");
  assert.equal(typeof JSON.parse(given).city, "string");
});

test("a picture in the question is paid for as the provider counts it", async (t) => {
  const gateway = await gatewayOverProvider(t);
  const answer = await clientOf(gateway).chat.completions.create({
    model,
    messages: [{
      role: "user",
      content: [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: pixel } }],
    }],
  });

  assert.ok(answer.usage.prompt_tokens > 80);
  assert.equal((await gateway.settledKeys()).KEY.total_input_tokens, answer.usage.prompt_tokens);
});
