// What the admin API tells of usage, of single calls and in its metrics, against the provider's own count.
import assert from "node:assert/strict";
import test from "node:test";

import { eventually, gatewayOverProvider } from "./programs.mjs";

const keys = ["A", "B", "C"].map((name) => ({ name, secret: `sk-lab-${name}` }));
const CALLS = 60;

async function ask(url, number) {
  const answer = await fetch(`${url}/openai/v1/chat/completions?number=${number}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer unused" },
    body: JSON.stringify({
      model: number % 3 === 0 ? "gpt-4.1" : "gpt-4.1-mini",
      stream: number % 2 === 0,
      messages: [{ role: "user", content: `Say something about ${number}.` }],
    }),
  });
  await answer.text();
  assert.equal(answer.status, 200);
}

function sum(list, of) {
  return list.reduce((total, one) => total + of(one), 0);
}

/** The samples of one metric, as [labels, value]. */
function samples(text, name) {
  return [...text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, "gm"))].map(([, labels, value]) => [
    Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, is]) => [label, is])),
    Number(value),
  ]);
}

test("usage, calls and metrics add up to the provider's own count", async (t) => {
  const gateway = await gatewayOverProvider(t, {
    keys,
    answers: { tokens: [5, 60] },
    scenario: { faults: [{ keys: "A", calls: [2, 3], error: "rate_limit" }] },
  });
  for (let number = 0; number < CALLS; number += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, i) => ask(gateway.url, number + i)));
  }
  await gateway.settledKeys();
  const told = async (path) => (await fetch(`${gateway.admin}${path}`)).json();
  const seen = (await gateway.observed()).keys;

  // The ledger, by key.
  let usage;
  await eventually(async () => {
    usage = await told("/api/v1/usage?by=none&group=key");
    return usage.total.outcomes.succeeded === CALLS;
  });
  for (const { name, input_tokens, output_tokens } of seen) {
    const row = usage.rows.find((one) => one.key === name);
    assert.equal(row.endpoint, "openai");
    assert.equal(row.tokens.input, input_tokens, name);
    assert.equal(row.tokens.output, output_tokens, name);
  }
  assert.ok(usage.total.cost_usd > 0);

  // Each call, and its tries.
  const { calls } = await told("/api/v1/calls?limit=1000");
  assert.equal(calls.length, CALLS);
  assert.equal(sum(calls, (call) => call.tokens.output), sum(seen, (key) => key.output_tokens));
  assert.ok(Math.abs(sum(calls, (call) => call.cost_usd) - usage.total.cost_usd) < 1e-9);
  const tries = calls.flatMap((call) => call.attempts);
  assert.equal(tries.length, usage.total.calls, "each request to the provider is a try of a call");
  for (const { name, served } of seen) {
    const good = tries.filter((one) => one.key === name && one.verdict === "success");
    assert.equal(good.length, served, name);
  }
  for (const call of calls) {
    assert.equal(call.path, "/openai/v1/chat/completions", "without its query");
    assert.equal(call.attempts.at(-1).verdict, "success");
  }
  assert.doesNotMatch(JSON.stringify(calls), /sk-lab|Say something|Bearer/);

  // The metrics.
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  const tokens = samples(metrics, "keypool_tokens_total");
  for (const { name, output_tokens } of seen) {
    const own = tokens.filter(([labels]) => labels.key === name && labels.direction === "output");
    assert.equal(sum(own, ([, value]) => value), output_tokens, name);
  }
  const cost = sum(samples(metrics, "keypool_cost_usd_total"), ([, value]) => value);
  assert.ok(Math.abs(cost - usage.total.cost_usd) < 1e-6);
  assert.equal(samples(metrics, "keypool_first_byte_seconds_count")[0][1], CALLS);
  const retries = sum(samples(metrics, "keypool_retries_total"), ([, value]) => value);
  assert.equal(retries, tries.length - CALLS);
});
