// The unmodified npm `openai` client over two keys, of which the provider refuses one.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const clientsOwn = "sk-the-clients-own-credential";
const question = { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Say hello." }] };

const keys = [
  { name: "LIMITED_KEY", secret: "sk-lab-limited" },
  { name: "FREE_KEY", secret: "sk-lab-free" },
];

/** LIMITED_KEY is refused from its second call on, for five seconds. */
const scenario = {
  faults: [{ keys: "LIMITED_KEY", calls: [2, 1_000_000], says: "openai.rate_limit_in_seconds" }],
};

function clientOf(gateway) {
  return new OpenAI({ baseURL: gateway.baseURL, apiKey: clientsOwn, maxRetries: 0 });
}

async function streamedText(client) {
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  return text;
}

/** Calls until the limited key has been refused once. */
async function exhaustLimitedKey(client, gateway) {
  for (let calls = 0; calls < 20; ++calls) {
    await client.chat.completions.create(question);
    if ((await gateway.settledKeys()).LIMITED_KEY.rate_limits > 0) return;
  }
  assert.fail("the limited key was never refused");
}

test("plain calls succeed around a limited key", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, scenario });
  const client = clientOf(gateway);
  for (let i = 0; i < 10; ++i) {
    const answer = await client.chat.completions.create(question);
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.ok(answer.usage.completion_tokens > 0);
  }
  assert.equal((await gateway.settledKeys()).LIMITED_KEY.rate_limits, 1);
});

test("streamed calls succeed around a limited key", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, scenario });
  const client = clientOf(gateway);
  for (let i = 0; i < 10; ++i) assert.ok((await streamedText(client)).length > 0);
});

test("fifty parallel calls all succeed", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, scenario });
  const client = clientOf(gateway);
  const half = Array.from({ length: 25 });
  const texts = await Promise.all([
    ...half.map(() => streamedText(client)),
    ...half.map(async () => (await client.chat.completions.create(question)).choices[0].message.content),
  ]);
  assert.equal(texts.length, 50);
  for (const text of texts) assert.ok(text.length > 0);
});

test("the limited key cools for as long as the provider said", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, scenario });
  await exhaustLimitedKey(clientOf(gateway), gateway);

  const { LIMITED_KEY: limited, FREE_KEY: free } = await gateway.settledKeys();

  assert.equal(limited.state, "cooling");
  assert.equal(free.state, "ready");
  // Without the provider's hint of 5 s it would be 300 s.
  assert.ok(limited.ready_in_ms <= 10_000, `ready in ${limited.ready_in_ms} ms`);
});

test("a limit that the headers tell is not run into", async (t) => {
  const limits = { "*": { rpm: 4, burst: 0.5 } };
  const gateway = await gatewayOverProvider(t, { keys: [{ ...keys[0], limits }, keys[1]] });
  const client = clientOf(gateway);
  for (let i = 0; i < 20; ++i) await client.chat.completions.create(question);

  const seen = (await gateway.observed()).keys;
  assert.ok(seen.every((key) => key.served > 0));
  assert.ok(seen.every((key) => key.rate_limited === 0));
});

test("the provider sees the pool's keys and never the client's", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, scenario });
  const client = clientOf(gateway);
  await exhaustLimitedKey(client, gateway);
  await streamedText(client);

  const observed = await gateway.observed();

  assert.deepEqual(observed.unknown_credentials, []);
  assert.equal(observed.without_credential, 0);
  assert.ok(observed.keys.every((key) => key.calls > 0));
});

test("tokens are counted for streams as for whole answers", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys: [keys[1]] });
  const client = clientOf(gateway);
  await client.chat.completions.create(question);
  await streamedText(client);

  const { FREE_KEY: counted } = await gateway.settledKeys();
  const [seen] = (await gateway.observed()).keys;

  assert.equal(counted.total_input_tokens, seen.input_tokens);
  assert.equal(counted.total_output_tokens, seen.output_tokens);
});

test("an answer names its key and never holds a secret", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys: [keys[1]] });
  const { data, response } = await clientOf(gateway).chat.completions.create(question).withResponse();

  assert.equal(response.headers.get("x-keypool-endpoint"), "openai");
  assert.equal(response.headers.get("x-keypool-key"), "FREE_KEY");
  assert.equal(response.headers.get("x-keypool-attempts"), "1");
  assert.ok(!JSON.stringify([data, [...response.headers]]).includes("sk-lab"));
});

test("a mistake of the caller's comes back as the provider worded it", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys: [keys[1]] });
  await assert.rejects(
    clientOf(gateway).chat.completions.create({ model: "gpt-4.1-mini" }),
    (error) => error instanceof OpenAI.BadRequestError,
  );
  assert.equal((await gateway.settledKeys()).FREE_KEY.state, "ready");
});

test("an unknown endpoint is an error that the SDK understands", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys: [keys[1]] });
  const client = new OpenAI({ baseURL: `${gateway.url}/opnai/v1`, apiKey: clientsOwn, maxRetries: 0 });
  await assert.rejects(client.models.list(), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "unknown_endpoint");
    assert.match(error.message, /openai/);
    return true;
  });
});
