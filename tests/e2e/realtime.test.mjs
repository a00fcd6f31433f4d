// Realtime conversations with a WebSocket client that is not of this project.
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";

import { WebSocket } from "ws";

import { gatewayOverProvider } from "./programs.mjs";

test("Gemini's Live API is spoken, and counted", async (t) => {
  const gateway = await gatewayOverProvider(t, { dialect: "gemini" });
  const path = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
  const socket = new WebSocket(`${gateway.baseURL.replace("http", "ws")}/${path}?key=clients-own`);
  await once(socket, "open");
  const messages = [];
  socket.on("message", (data) => messages.push(JSON.parse(data)));
  socket.send(JSON.stringify({ setup: { model: "models/gemini-live" } }));
  socket.send(JSON.stringify({
    clientContent: { turns: [{ role: "user", parts: [{ text: "Say hello." }] }], turnComplete: true },
  }));
  while (!messages.at(-1)?.usageMetadata) await once(socket, "message");
  socket.close();
  await once(socket, "close");

  const { responseTokenCount } = messages.at(-1).usageMetadata;
  const { KEY: key } = await gateway.settledKeys();
  assert.equal(key.total_output_tokens, responseTokenCount);
  assert.deepEqual((await gateway.observed()).unknown_credentials, []);
});
