// Everything beside chat through the unmodified `openai` client: embeddings, models, moderation,
// sound and pictures.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI, { toFile } from "openai";

import { gatewayOverProvider } from "./programs.mjs";

async function clientOn(t, setup) {
  const gateway = await gatewayOverProvider(t, setup);
  return { gateway, client: new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 }) };
}

for (const encoding_format of ["float", "base64"]) {
  test(`embeddings come as ${encoding_format}`, async (t) => {
    const { client, gateway } = await clientOn(t);
    const { data, usage } = await client.embeddings.create({
      model: "text-embedding-3-small", input: ["one", "another"], dimensions: 16, encoding_format,
    });

    assert.equal(data.length, 2);
    if (encoding_format === "float") assert.equal(data[0].embedding.length, 16);
    assert.equal((await gateway.settledKeys()).KEY.total_input_tokens, usage.prompt_tokens);
  });
}

test("models are listed and shown", async (t) => {
  const { client } = await clientOn(t, { scenario: { models: [{ match: "gpt-4.1" }, { match: "gpt-4.1-mini" }] } });

  const names = [];
  for await (const model of client.models.list()) names.push(model.id);

  assert.deepEqual(names, ["gpt-4.1", "gpt-4.1-mini"]);
  assert.equal((await client.models.retrieve("gpt-4.1")).id, "gpt-4.1");
});

test("a text is moderated", async (t) => {
  const { client } = await clientOn(t);
  const { results } = await client.moderations.create({ input: ["fine", "fine too"] });
  assert.deepEqual(results.map(({ flagged }) => flagged), [false, false]);
});

test("sound is transcribed, and text is spoken", async (t) => {
  const { client } = await clientOn(t);
  const spoken = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input: "Hello" });
  const sound = Buffer.from(await spoken.arrayBuffer());
  assert.equal(sound.subarray(0, 3).toString(), "ID3");

  const file = await toFile(sound, "hello.mp3");
  const { text } = await client.audio.transcriptions.create({ model: "whisper-1", file });
  assert.ok(text.length > 0);
});

test("pictures are made", async (t) => {
  const { client } = await clientOn(t);
  const { data } = await client.images.generate({ model: "gpt-image-1", prompt: "a pixel", n: 2 });
  assert.equal(data.length, 2);
  assert.ok(Buffer.from(data[0].b64_json, "base64").subarray(1, 4).equals(Buffer.from("PNG")));
});
