// Models, files and batches through the unmodified `@anthropic-ai/sdk` client.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic, { toFile } from "@anthropic-ai/sdk";

import { gatewayOverProvider } from "./programs.mjs";

async function clientOn(t, setup) {
  const gateway = await gatewayOverProvider(t, { dialect: "anthropic", ...setup });
  return new Anthropic({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
}

test("models are listed and shown", async (t) => {
  const client = await clientOn(t, { scenario: { models: [{ match: "claude-a" }, { match: "claude-b" }] } });
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.deepEqual(names, ["claude-a", "claude-b"]);
  assert.equal((await client.models.retrieve("claude-a")).type, "model");
});

test("a file is uploaded, asked about, read and deleted", async (t) => {
  const client = await clientOn(t);
  const file = await client.beta.files.upload({
    file: await toFile(Buffer.from("some text"), "notes.txt", { type: "text/plain" }),
  });

  assert.equal(file.filename, "notes.txt");
  assert.equal(file.size_bytes, 9);
  assert.deepEqual((await client.beta.files.list()).data.map(({ id }) => id), [file.id]);
  assert.equal(await (await client.beta.files.download(file.id)).text(), "some text");

  const answer = await client.beta.messages.create({
    model: "claude-haiku-4-5",
    max_tokens: 50,
    messages: [{
      role: "user",
      content: [{ type: "document", source: { type: "file", file_id: file.id } }],
    }],
  });
  assert.equal(answer.stop_reason, "end_turn");

  await client.beta.files.delete(file.id);
  await assert.rejects(client.beta.files.retrieveMetadata(file.id), Anthropic.NotFoundError);
});

test("a batch is made, followed to its results, and deleted", async (t) => {
  const client = await clientOn(t);
  const params = { model: "claude-haiku-4-5", max_tokens: 50, messages: [{ role: "user", content: "Hi" }] };
  const batch = await client.messages.batches.create({
    requests: [{ custom_id: "one", params }, { custom_id: "two", params }],
  });

  assert.equal(batch.processing_status, "in_progress");
  assert.equal((await client.messages.batches.retrieve(batch.id)).processing_status, "ended");
  assert.deepEqual((await client.messages.batches.list()).data.map(({ id }) => id), [batch.id]);
  await client.messages.batches.delete(batch.id);
  await assert.rejects(client.messages.batches.retrieve(batch.id), Anthropic.NotFoundError);
});

test("a batch is cancelled", async (t) => {
  const client = await clientOn(t);
  const batch = await client.messages.batches.create({ requests: [] });
  assert.equal((await client.messages.batches.cancel(batch.id)).processing_status, "canceling");
});
