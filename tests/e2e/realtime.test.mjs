// Realtime conversations with the `openai` client, over both of the WebSockets that it knows: the `ws`
// package's, which sends the key in a header, and a browser's, which has to name it as a subprotocol.
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";

import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { WebSocket as WsWebSocket } from "ws";

import { gatewayOverProvider } from "./programs.mjs";

const model = "gpt-realtime";
const keys = [
  { name: "LIMITED", secret: "sk-lab-limited" },
  { name: "FREE", secret: "sk-lab-free" },
];

function clientOf(gateway) {
  return new OpenAI({ baseURL: gateway.baseURL, apiKey: "clients-own", dangerouslyAllowBrowser: true });
}

/** The next event of a kind. */
function event(realtime, type) {
  return new Promise((resolve, reject) => {
    realtime.once(type, resolve);
    realtime.once("error", reject);
  });
}

async function converse(realtime, turns) {
  await event(realtime, "session.created");
  let text = "";
  let usage = { input: 0, output: 0 };
  realtime.on("response.output_text.delta", ({ delta }) => (text += delta));
  for (let turn = 0; turn < turns; ++turn) {
    realtime.send({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content: [{ type: "input_text", text: "Say hello." }] },
    });
    realtime.send({ type: "response.create" });
    const { response } = await event(realtime, "response.done");
    usage.input += response.usage.input_tokens;
    usage.output += response.usage.output_tokens;
  }
  return { text, usage };
}

const sockets = [
  { name: "ws", open: (client) => new OpenAIRealtimeWS({ model }, client) },
  { name: "a browser", open: (client) => new OpenAIRealtimeWebSocket({ model }, client) },
];

for (const { name, open } of sockets) {
  const skip = name === "a browser" && typeof WebSocket === "undefined" && "this Node has none";
  test(`a conversation over the WebSocket of ${name} is counted`, { skip }, async (t) => {
    const gateway = await gatewayOverProvider(t, { answers: { tokens: [5, 30] } });
    const realtime = open(clientOf(gateway));

    const { text, usage } = await converse(realtime, 3);
    realtime.close();

    assert.ok(text.length > 0);
    const { KEY: key } = await gateway.settledKeys();
    assert.equal(key.total_input_tokens, usage.input);
    assert.equal(key.total_output_tokens, usage.output);
    const seen = await gateway.observed();
    assert.deepEqual(seen.unknown_credentials, [], "the client's own key goes no further");
    assert.equal(seen.keys[0].output_tokens, usage.output);
  });
}

test("a key that is refused at the handshake is stepped around", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    keys,
    scenario: { faults: [{ keys: "LIMITED", says: "openai.rate_limit_in_seconds" }] },
  });
  for (let i = 0; i < 2; ++i) {
    const realtime = new OpenAIRealtimeWS({ model }, clientOf(gateway));
    const { text } = await converse(realtime, 1);
    assert.ok(text.length > 0);
    realtime.close();
  }
  const { LIMITED, FREE } = await gateway.settledKeys();
  assert.equal(LIMITED.rate_limits, 1);
  assert.equal(FREE.successes, 2);
});

test("Gemini's Live API is spoken too", async (t) => {
  const gateway = await gatewayOverProvider(t, { dialect: "gemini" });
  const path = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
  const socket = new WsWebSocket(`${gateway.baseURL.replace("http", "ws")}/${path}?key=clients-own`);
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
