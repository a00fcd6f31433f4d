// Files, stored responses and batches lead later calls of the official SDKs back to the account that
// made them, whichever of the keys serves the rest.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";

import { gatewayOverProvider } from "./programs.mjs";

const keys = ["A", "B", "C"].map((name) => ({ name, secret: `sk-lab-${name}`, organization: name }));
const endpoint = { policy: "round_robin" };

test("OpenAI's responses are gone on from where they are", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, endpoint });
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });

  let previous;
  for (let turn = 0; turn < 6; ++turn) {
    const response = await client.responses.create({
      model: "gpt-4.1-mini", input: "Go on.", previous_response_id: previous,
    });
    previous = response.id;
    assert.equal((await client.responses.retrieve(previous)).id, previous);
  }
});

test("OpenAI's files are read and made into batches where they are", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, endpoint });
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });

  for (let i = 0; i < 4; ++i) {
    const file = await client.files.create({
      file: await toFile(Buffer.from("{}\n"), "batch.jsonl"), purpose: "batch",
    });
    const batch = await client.batches.create({
      input_file_id: file.id, endpoint: "/v1/responses", completion_window: "24h",
    });
    assert.equal((await client.batches.retrieve(batch.id)).input_file_id, file.id);
  }
});

test("Anthropic's batches and files are found where they are", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys, endpoint, dialect: "anthropic" });
  const client = new Anthropic({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });

  for (let i = 0; i < 4; ++i) {
    const batch = await client.messages.batches.create({ requests: [] });
    assert.equal((await client.messages.batches.retrieve(batch.id)).id, batch.id);
    const file = await client.beta.files.upload({ file: await toFile(Buffer.from("text"), "a.txt") });
    assert.equal((await client.beta.files.retrieveMetadata(file.id)).id, file.id);
  }
});
