// Gemini over plain HTTP in all the forms of its URLs: events, arrays, `?key=`, embeddings, the
// counting of tokens, caches, and uploads in one go and resumable.
import assert from "node:assert/strict";
import test from "node:test";

import { gatewayOverProvider } from "./programs.mjs";

const contents = [{ role: "user", parts: [{ text: "Say hello." }] }];
const model = "v1beta/models/gemini-3.5-flash";

async function geminiOn(t, setup) {
  const gateway = await gatewayOverProvider(t, { dialect: "gemini", ...setup });
  const call = (path, { method = "POST", headers = {}, body } = {}) =>
    fetch(path.startsWith("http") ? path : `${gateway.baseURL}/${path}`, {
      method,
      headers: { "content-type": "application/json", "x-goog-api-key": "unused", ...headers },
      body: body && (typeof body === "string" ? body : JSON.stringify(body)),
    });
  return { gateway, call };
}

const textOf = (chunks) => chunks.map((chunk) => chunk.candidates[0].content.parts[0].text).join("");

async function eventsOf(answer) {
  const events = (await answer.text()).split("\r\n\r\n");
  assert.equal(events.pop(), "");
  return events.map((event) => JSON.parse(event.replace(/^data: /, "")));
}

test("a whole answer is counted with what was thought", async (t) => {
  const { call, gateway } = await geminiOn(t, { answers: { tokens: 8, thinking: 20, cached: 0.5 } });
  const answer = await (await call(`${model}:generateContent`, { body: { contents } })).json();

  assert.ok(textOf([answer]).length > 0);
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount } = answer.usageMetadata;
  const { KEY: key } = await gateway.settledKeys();
  assert.equal(key.total_input_tokens, promptTokenCount);
  assert.equal(key.total_output_tokens, candidatesTokenCount + thoughtsTokenCount);
});

test("a stream comes as events", async (t) => {
  const { call, gateway } = await geminiOn(t);
  const answer = await call(`${model}:streamGenerateContent?alt=sse`, { body: { contents } });

  assert.match(answer.headers.get("content-type"), /^text\/event-stream/);
  const chunks = await eventsOf(answer);
  assert.ok(textOf(chunks).length > 0);
  const { candidatesTokenCount } = chunks.at(-1).usageMetadata;
  assert.equal((await gateway.settledKeys()).KEY.total_output_tokens, candidatesTokenCount);
});

test("a stream without events comes as one array", async (t) => {
  const { call, gateway } = await geminiOn(t);
  const chunks = await (await call(`${model}:streamGenerateContent`, { body: { contents } })).json();

  assert.ok(textOf(chunks).length > 0);
  const { candidatesTokenCount } = chunks.at(-1).usageMetadata;
  assert.equal((await gateway.settledKeys()).KEY.total_output_tokens, candidatesTokenCount);
});

test("a key in the query is taken off, wherever it stands", async (t) => {
  const { call, gateway } = await geminiOn(t);
  for (const query of ["key=clients-own", "alt=sse&key=clients-own", "key=clients-own&alt=sse"]) {
    const verb = query.includes("sse") ? "streamGenerateContent" : "generateContent";
    const answer = await call(`${model}:${verb}?${query}`, { body: { contents } });
    assert.equal(answer.status, 200, await answer.text());
  }
  const seen = await gateway.observed();
  assert.deepEqual(seen.unknown_credentials, []);
  assert.equal(seen.keys[0].served, 3);
});

test("a function is called with its arguments", async (t) => {
  const { call } = await geminiOn(t);
  const parameters = { type: "OBJECT", properties: { city: { type: "STRING" } } };
  const body = { contents, tools: [{ functionDeclarations: [{ name: "weather", parameters }] }] };
  const answer = await (await call(`${model}:generateContent`, { body })).json();

  const { functionCall } = answer.candidates[0].content.parts[0];
  assert.equal(functionCall.name, "weather");
  assert.equal(typeof functionCall.args.city, "string");
});

test("texts are embedded, one and many", async (t) => {
  const { call } = await geminiOn(t);
  const content = { parts: [{ text: "Hello" }] };
  const one = await (await call(`${model}:embedContent`, { body: { content } })).json();
  assert.ok(one.embedding.values.length > 0);
  const many = await (await call(`${model}:batchEmbedContents`, {
    body: { requests: [{ content }, { content }] },
  })).json();
  assert.equal(many.embeddings.length, 2);
});

test("counting tokens costs none", async (t) => {
  const { call, gateway } = await geminiOn(t);
  const counted = await (await call(`${model}:countTokens`, { body: { contents } })).json();
  assert.ok(counted.totalTokens > 0);
  assert.equal((await gateway.settledKeys()).KEY.total_input_tokens, 0);
});

test("models are listed and shown", async (t) => {
  const { call } = await geminiOn(t, { scenario: { models: [{ match: "gemini-a" }, { match: "gemini-b" }] } });
  const { models } = await (await call("v1beta/models?pageSize=50", { method: "GET" })).json();
  assert.deepEqual(models.map(({ name }) => name), ["models/gemini-a", "models/gemini-b"]);
  const shown = await (await call("v1beta/models/gemini-a", { method: "GET" })).json();
  assert.equal(shown.name, "models/gemini-a");
});

test("a cache is made, used, changed, listed and deleted", async (t) => {
  const { call } = await geminiOn(t);
  const made = await (await call("v1beta/cachedContents", {
    body: { model: "models/gemini-3.5-flash", contents },
  })).json();

  const used = await call(`${model}:generateContent`, { body: { contents, cachedContent: made.name } });
  assert.equal(used.status, 200);
  const changed = await call(`v1beta/${made.name}`, { method: "PATCH", body: { ttl: "60s" } });
  assert.equal((await changed.json()).name, made.name);
  const listed = await (await call("v1beta/cachedContents", { method: "GET" })).json();
  assert.deepEqual(listed.cachedContents.map(({ name }) => name), [made.name]);
  assert.equal((await call(`v1beta/${made.name}`, { method: "DELETE" })).status, 200);
  assert.equal((await call(`v1beta/${made.name}`, { method: "GET" })).status, 403);
});

test("a file is uploaded in one go and asked about", async (t) => {
  const { call } = await geminiOn(t);
  const { file } = await (await call("upload/v1beta/files", {
    headers: { "content-type": "text/plain", "x-goog-upload-protocol": "raw" },
    body: "some text",
  })).json();

  assert.equal(file.sizeBytes, "9");
  const parts = [{ fileData: { fileUri: file.uri, mimeType: "text/plain" } }, { text: "What is it?" }];
  const answer = await call(`${model}:generateContent`, { body: { contents: [{ parts }] } });
  assert.equal(answer.status, 200);
  const { files } = await (await call("v1beta/files", { method: "GET" })).json();
  assert.deepEqual(files.map(({ name }) => name), [file.name]);
  assert.equal((await call(`v1beta/${file.name}`, { method: "DELETE" })).status, 200);
});

test("a resumable upload goes to the address that it is given", async (t) => {
  const { call, gateway } = await geminiOn(t);
  const begun = await call("upload/v1beta/files", {
    headers: {
      "x-goog-upload-protocol": "resumable",
      "x-goog-upload-command": "start",
      "x-goog-upload-header-content-type": "text/plain",
    },
    body: { file: { displayName: "notes" } },
  });
  const address = begun.headers.get("x-goog-upload-url");
  assert.ok(address.startsWith(`${gateway.baseURL}/upload/v1beta/files?`), address);
  assert.doesNotMatch(address, /key=/);

  await call(address, {
    headers: { "x-goog-upload-command": "upload", "x-goog-upload-offset": "0" },
    body: "half",
  });
  const done = await call(address, {
    headers: { "x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "4" },
    body: "full",
  });
  const { file } = await done.json();
  assert.equal(file.displayName, "notes");
  assert.equal(file.sizeBytes, "8");
  assert.deepEqual((await gateway.observed()).unknown_credentials, []);
});

test("an error of keypool's own has Google's shape", async (t) => {
  const { call } = await geminiOn(t, {
    endpoint: { max_wait: "0s" },
    scenario: { faults: [{ says: "gemini.per_minute" }] },
  });
  const answer = await call(`${model}:generateContent`, { body: { contents } });

  assert.equal(answer.status, 429);
  const { error } = await answer.json();
  assert.equal(error.code, 429);
  assert.equal(error.status, "RESOURCE_EXHAUSTED");
  assert.equal(error.details[0].reason, "all_keys_cooling");
});
