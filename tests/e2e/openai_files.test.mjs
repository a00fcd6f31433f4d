// Files, uploads in parts, batches and vector stores through the unmodified `openai` client.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI, { toFile } from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const lines = '{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{}}\n';

async function clientOn(t) {
  const gateway = await gatewayOverProvider(t);
  return new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
}

function upload(client) {
  const jsonl = toFile(Buffer.from(lines), "batch.jsonl");
  return jsonl.then((file) => client.files.create({ file, purpose: "batch" }));
}

test("a file is uploaded, listed, read and deleted", async (t) => {
  const client = await clientOn(t);
  const file = await upload(client);

  assert.equal(file.bytes, lines.length);
  assert.equal(file.filename, "batch.jsonl");
  assert.deepEqual((await client.files.list()).data.map(({ id }) => id), [file.id]);
  assert.equal((await client.files.retrieve(file.id)).purpose, "batch");
  assert.equal(await (await client.files.content(file.id)).text(), lines);
  assert.equal((await client.files.delete(file.id)).deleted, true);
  await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
});

test("a file of many megabytes arrives whole", async (t) => {
  const client = await clientOn(t);
  const bytes = Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef");
  const file = await client.files.create({ file: await toFile(bytes, "large.bin"), purpose: "user_data" });

  assert.equal(file.bytes, bytes.length);
  const back = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
  assert.ok(back.equals(bytes));
});

test("an upload in parts becomes a file", async (t) => {
  const client = await clientOn(t);
  const begun = await client.uploads.create({
    filename: "parts.txt", purpose: "user_data", bytes: 8, mime_type: "text/plain",
  });
  const ids = [];
  for (const text of ["half", "full"]) {
    const part = await client.uploads.parts.create(begun.id, { data: await toFile(Buffer.from(text), "part") });
    ids.push(part.id);
  }
  const { file } = await client.uploads.complete(begun.id, { part_ids: ids });

  assert.equal(await (await client.files.content(file.id)).text(), "halffull");
});

test("a batch is made of a file, followed and cancelled", async (t) => {
  const client = await clientOn(t);
  const file = await upload(client);
  const batch = await client.batches.create({
    input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h",
  });

  assert.equal((await client.batches.retrieve(batch.id)).input_file_id, file.id);
  assert.deepEqual((await client.batches.list()).data.map(({ id }) => id), [batch.id]);
  assert.equal((await client.batches.cancel(batch.id)).status, "cancelling");
});

test("a vector store and a conversation are made and deleted", async (t) => {
  const client = await clientOn(t);
  const store = await client.vectorStores.create({ name: "notes" });
  assert.equal((await client.vectorStores.retrieve(store.id)).name, "notes");
  assert.equal((await client.vectorStores.delete(store.id)).deleted, true);

  const talk = await client.conversations.create({ metadata: { topic: "demo" } });
  assert.equal((await client.conversations.retrieve(talk.id)).metadata.topic, "demo");
  assert.equal((await client.conversations.delete(talk.id)).deleted, true);
});
