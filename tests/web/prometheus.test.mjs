// A real Prometheus scrapes a real gateway and evaluates the alerts that are packaged.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, gateway, keysNamed } from "./watched.mjs";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function prometheus(test, admin) {
  const home = await mkdtemp(join(tmpdir(), "keypool-prometheus-"));
  const config = join(home, "prometheus.yml");
  await writeFile(config, JSON.stringify({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [process.env.KEYPOOL_ALERTS],
    scrape_configs: [{ job_name: "keypool", static_configs: [{ targets: [new URL(admin).host] }] }],
  }));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.env.PROMETHEUS, [
    `--config.file=${config}`, `--storage.tsdb.path=${join(home, "data")}`, `--web.listen-address=${address}`,
  ], { stdio: "ignore", env: { PATH: process.env.PATH, GOMAXPROCS: "1" } });
  const exited = once(child, "exit");
  test.after(async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(home, { recursive: true });
  });
  return async (path) => {
    const answer = await fetch(`http://${address}/api/v1/${path}`).catch(() => null);
    return answer?.ok ? (await answer.json()).data : null;
  };
}

test("it scrapes the gateway and evaluates the alerts", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["FIRST_KEY", "SECOND_KEY"]) });
  for (let i = 0; i < 3; i++) await watched.call();
  const ask = await prometheus(test, watched.admin);

  await eventually(async () => (await ask("targets"))?.activeTargets[0]?.health, "up");
  const query = async (expression) =>
    (await ask(`query?query=${encodeURIComponent(expression)}`))?.result[0]?.value[1];
  await eventually(() => query('sum(keypool_calls_total{outcome="answered"})'), "3");
  await eventually(() => query('sum(keypool_keys{state="ready"})'), "2");

  await fetch(`${watched.admin}/api/v1/keys/disable`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ endpoint: "openai" }),
  });
  await eventually(async () => {
    const rules = (await ask("rules"))?.groups[0]?.rules ?? [];
    assert.deepEqual(rules.filter((rule) => rule.health === "err"), []);
    return rules.find((rule) => rule.name === "KeypoolNoKeyReady")?.state;
  }, "pending");
});
