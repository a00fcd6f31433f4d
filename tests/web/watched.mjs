// A gateway over the simulated provider, and a browser that looks at it, for the length of a test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** The longest that anything on a page may take to show up. */
export const kPatience = 20_000;

class Program {
  constructor(args, env, home) {
    this.output = "";
    this.child = spawn(process.env.KEYPOOL_BINARY, args, {
      env: { HOME: home, PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = once(this.child, "exit");
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.output += text));
    }
  }

  async waitFor(pattern) {
    for (;;) {
      const match = this.output.match(pattern);
      if (match) return match[1];
      const more = Promise.race([
        once(this.child.stdout, "data"),
        once(this.child.stderr, "data"),
        this.exited.then(() => "ended"),
      ]);
      if ((await more) === "ended") throw new Error(`it ended without ${pattern}:\n${this.output}`);
    }
  }

  async stop() {
    this.child.kill("SIGTERM");
    await this.exited;
  }
}

/**
 * `keys` is the scenario's list: `{ name, secret, limits? }`. Each is in the pool of the endpoint
 * `openai` under its own name. With `crowd` there is an endpoint of that many keys besides, which
 * nobody calls; `more` makes others, as the configuration has them, of the provider's address. With
 * `adminToken` the admin port asks for it; each of `clients` has its name for a token.
 */
export async function gateway(test, options) {
  const { keys, answers = { tokens: 8 }, faults = [], crowd = 0, more = () => [] } = options;
  const { adminToken = "", clients = [], wait = "0s" } = options;
  const home = await mkdtemp(join(tmpdir(), "keypool-web-"));
  const running = [];
  test.after(async () => {
    for (const program of running.reverse()) await program.stop();
    await rm(home, { recursive: true });
  });
  const scenario = join(home, "scenario.json");
  await writeFile(scenario, JSON.stringify({ answers, keys, faults }));
  const provider = new Program(["lab", "provider", "--scenario", scenario], {}, home);
  running.push(provider);
  const providerUrl = await provider.waitFor(/Simulated provider on (http:\S+)/);

  const config = join(home, "keypool.yaml");
  const endpoint = { name: "openai", base_url: providerUrl, dialect: "openai", cooldown: "300s", max_wait: wait };
  const start = async (adminListen) => {
    await writeFile(config, JSON.stringify({
      listen: "127.0.0.1:0",
      admin: { listen: adminListen, ...(adminToken ? { token_hash: hashOf(adminToken) } : {}) },
      ...(clients.length > 0 ? { clients: clients.map((name) => ({ name, token_hash: hashOf(name) })) } : {}),
      endpoints: [
        { ...endpoint, keys: keys.map((key) => key.name) },
        ...(crowd > 0 ? [{ ...endpoint, name: "crowd", keys: ["CROWD_KEY"] }] : []),
        ...more(providerUrl),
      ],
    }));
    const secrets = Object.fromEntries(keys.map((key) => [key.name, key.secret]));
    if (crowd > 0) {
      // A list in a file: each line becomes a key of its own.
      secrets.CROWD_KEY_FILE = join(home, "crowd");
      const lines = Array.from({ length: crowd }, (_, i) => `sk-lab-crowd-${i}`);
      await writeFile(secrets.CROWD_KEY_FILE, lines.join("\n"), { mode: 0o600 });
    }
    const program = new Program(["serve", "--config", config], secrets, home);
    running.push(program);
    return program;
  };
  let program = await start("127.0.0.1:0");
  const admin = await program.waitFor(/admin {2}(http:\S+)/);
  let url = await program.waitFor(/calls {2}(http:\S+)/);
  return {
    admin,
    log: () => program.output,
    database: join(home, ".local/state/keypool/keypool.db"),
    api: async (path) => (await fetch(`${admin}/api/v1/${path}`)).json(),
    /** What the provider itself has counted, all keys together. */
    async observed() {
      const { keys: seen } = await (await fetch(`${providerUrl}/lab/observed`)).json();
      const sum = (field) => seen.reduce((total, key) => total + key[field], 0);
      return { calls: sum("calls"), input: sum("input_tokens"), output: sum("output_tokens"), keys: seen };
    },
    async call(model = "gpt-4.1", endpoint = "openai", headers = {}) {
      const answer = await fetch(`${url}/${endpoint}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello there" }] }),
      });
      await answer.text();
      return answer.status;
    },
    async stop() {
      running.splice(running.indexOf(program), 1);
      await program.stop();
    },
    async startAgain() {
      program = await start(new URL(admin).host);
      url = await program.waitFor(/calls {2}(http:\S+)/);
    },
  };
}

/** A page on which every complaint of the browser fails the test. */
export async function browse(test, { width = 1280, height = 800, colorScheme = "light" } = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--js-flags=--max-old-space-size=256"],
  });
  const complaints = [];
  test.after(async () => {
    await browser.close();
    assert.deepEqual(complaints, []);
  });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(kPatience);
  // A lost connection is what some tests are about; the browser notes it in words of its own.
  const expected = /net::ERR_|Failed to load resource/;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => page.asked?.push(request.url()));
  page.asked = [];
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return page;
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Fails with what axe-core finds. */
export async function expectAccessible(page) {
  await page.evaluate(`${await readFile(axe, "utf8")}; undefined`);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(found, []);
}

/** Waits until `look` gives what is expected. */
export async function eventually(look, expected) {
  const until = performance.now() + kPatience;
  for (;;) {
    const seen = await look();
    if (seen === expected || performance.now() > until) {
      assert.equal(seen, expected);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const hashOf = (token) => `sha256:${createHash("sha256").update(token).digest("hex")}`;

export const keysNamed = (names) => names.map((name) => ({ name, secret: `sk-lab-${name.toLowerCase()}` }));
