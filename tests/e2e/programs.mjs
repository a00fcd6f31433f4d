// The real binary, as gateway and as simulated provider, for the length of a test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Sanitizers make a process larger and slower: sizes of memory are not compared then. */
export const sanitized = Boolean(process.env.KEYPOOL_SANITIZE);

/** A run of keypool whose output is collected. */
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

  /** Waits until the output matches, and returns the first group. */
  async waitFor(pattern) {
    for (;;) {
      const match = this.output.match(pattern);
      if (match) return match[1];
      const ended = this.exited.then(() => "ended");
      const more = Promise.race([
        once(this.child.stdout, "data"),
        once(this.child.stderr, "data"),
        ended,
      ]);
      if ((await more) === "ended") throw new Error(`it ended without ${pattern}:\n${this.output}`);
    }
  }

  async stop() {
    this.child.kill("SIGTERM");
    const [code, signal] = await this.exited;
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}:\n${this.output}`);
  }

  /** The most memory it ever had resident, in MiB. */
  async peakMemory() {
    const status = await readFile(`/proc/${this.child.pid}/status`, "utf8");
    return Number(status.match(/VmHWM:\s+(\d+) kB/)[1]) / 1024;
  }
}

/** One key without limits. */
export const oneKey = [{ name: "KEY", secret: "sk-lab-one" }];

/** Resolves once `condition` holds; rejects when it has not within ten seconds. */
export async function eventually(condition) {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * A gateway over the simulated provider: `keys` is the scenario's list, and each of its keys is in the
 * pool of the one endpoint, named after its dialect, under its own name; or `endpoints` gives each
 * dialect the names of its keys. `scenario` holds what else the provider does, `endpoint` and
 * `config` what else is configured. Stopped, and cleaned up, when the test ends.
 */
export async function gatewayOverProvider(test, {
  keys = oneKey,
  answers = { tokens: 8 },
  scenario: more = {},
  dialect = "openai",
  endpoints = { [dialect]: keys.map((key) => key.name) },
  endpoint = {},
  config: otherwise = {},
} = {}) {
  const home = await mkdtemp(join(tmpdir(), "keypool-e2e-"));
  const running = [];
  test.after(async () => {
    for (const program of running.reverse()) await program.stop();
    await rm(home, { recursive: true });
  });

  const scenario = join(home, "scenario.json");
  await writeFile(scenario, JSON.stringify({ answers, keys, ...more }));
  const provider = new Program(["lab", "provider", "--scenario", scenario], {}, home);
  running.push(provider);
  const providerUrl = await provider.waitFor(/Simulated provider on (http:\S+)/);

  const config = join(home, "keypool.yaml");
  await writeFile(config, JSON.stringify({
    listen: "127.0.0.1:0",
    admin: { listen: "127.0.0.1:0" },
    ...otherwise,
    endpoints: Object.entries(endpoints).map(([name, names]) => ({
      name,
      base_url: providerUrl,
      dialect: name,
      keys: names,
      cooldown: "300s",
      ...endpoint,
    })),
  }));
  const secrets = Object.fromEntries(keys.map((key) => [key.name, key.secret]));
  const gateway = new Program(["serve", "--config", config], secrets, home);
  running.push(gateway);
  const url = await gateway.waitFor(/calls {2}(http:\S+)/);
  const admin = await gateway.waitFor(/admin {2}(http:\S+)/);

  const json = async (address) => (await fetch(address)).json();
  const keysByName = async () => {
    const { keys: list } = await json(`${admin}/api/v1/keys`);
    return Object.fromEntries(list.map((key) => [key.name, key]));
  };
  return {
    url,
    gateway,
    providerUrl,
    admin,
    /** For an SDK; Anthropic's and Gemini's paths bring their version with them. */
    baseURL: dialect === "openai" ? `${url}/openai/v1` : `${url}/${dialect}`,
    /** What the admin API tells of each key, by name. */
    keys: keysByName,
    /** The same once no call is in flight: a client may read an answer's end before it is booked. */
    async settledKeys() {
      let found;
      await eventually(async () => {
        found = await keysByName();
        return Object.values(found).every((key) => key.in_flight === 0);
      });
      return found;
    },
    /** What the ledger on the disk has of each key, by name, as `keypool usage` tells it. */
    async ledger() {
      const program = new Program(["usage", "--json", "--by", "key"], {}, home);
      await program.exited;
      const { usage } = JSON.parse(program.output);
      return Object.fromEntries(usage.map((row) => [row.key, row]));
    },
    /** What the provider itself saw. */
    observed: () => json(`${providerUrl}/lab/observed`),
  };
}
