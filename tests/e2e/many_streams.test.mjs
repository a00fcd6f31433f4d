// Many streams are open at once, and each one ends whole.
import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";

import { gatewayOverProvider } from "./programs.mjs";

const streams = 2000;

/** Starts a stream; `begun` when its first event has come, `ended` with whether it came whole. */
function openStream(url, agent) {
  const body = JSON.stringify({
    model: "gpt-4.1-mini",
    stream: true,
    messages: [{ role: "user", content: "Slowly." }],
  });
  let markBegun;
  const begun = new Promise((resolve) => (markBegun = resolve));
  const ended = new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request(url, { method: "POST", agent, headers }, (answer) => {
      let tail = "";
      answer.setEncoding("latin1");
      answer.on("data", (text) => {
        markBegun();
        tail = (tail + text).slice(-64);
      });
      answer.on("end", () => resolve(answer.statusCode === 200 && tail.endsWith("data: [DONE]\n\n")));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
  ended.catch(() => markBegun());
  return { begun, ended };
}

test(`${streams} streams are open at once and each ends whole`, async (t) => {
  const gateway = await gatewayOverProvider(t, {
    keys: [{ name: "KEY", secret: "sk-lab-one" }],
    answers: { tokens: 30, tokens_per_second: 1 },
  });
  const agent = new http.Agent({ maxSockets: Infinity });
  t.after(() => agent.destroy());

  const opened = Array.from({ length: streams }, () =>
    openStream(`${gateway.baseURL}/chat/completions`, agent));
  await Promise.all(opened.map((stream) => stream.begun));

  assert.equal((await gateway.keys()).KEY.in_flight, streams);
  const whole = await Promise.all(opened.map((stream) => stream.ended));
  assert.equal(whole.filter(Boolean).length, streams);
  assert.equal((await gateway.observed()).max_in_flight, streams);
  t.diagnostic(`peak resident memory of the gateway: ${(await gateway.gateway.peakMemory()).toFixed(1)} MiB`);
});
