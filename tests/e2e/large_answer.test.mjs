// A large streamed answer passes through bounded memory.
import assert from "node:assert/strict";
import test from "node:test";

import { gatewayOverProvider, sanitized } from "./programs.mjs";

const bytes = 200_000_000;
const memoryLimit = 40;

test("200 MB are streamed with less than 40 MB resident", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys: [{ name: "KEY", secret: "sk-lab-one" }] });

  const answer = await fetch(`${gateway.baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-lab-bytes": String(bytes) },
    body: JSON.stringify({
      model: "gpt-4.1-mini",
      stream: true,
      messages: [{ role: "user", content: "Everything, please." }],
    }),
  });
  assert.equal(answer.status, 200);
  let received = 0;
  let tail = "";
  for await (const piece of answer.body) {
    received += piece.length;
    tail = (tail + Buffer.from(piece.slice(-64)).toString("latin1")).slice(-64);
  }

  assert.ok(received >= bytes, `${received} bytes came`);
  assert.match(tail, /data: \[DONE\]\n\n$/);
  const peak = await gateway.gateway.peakMemory();
  t.diagnostic(`peak resident memory of the gateway: ${peak.toFixed(1)} MiB`);
  if (!sanitized) assert.ok(peak < memoryLimit, `${peak} MiB were resident`);
});
