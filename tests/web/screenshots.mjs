// Pictures of each page for the documentation: light, dark and narrow.
//
//   KEYPOOL_BINARY=… CHROMIUM=… node screenshots.mjs FOLDER
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { browse, gateway } from "./watched.mjs";

const folder = process.argv[2];
const kSeconds = 75; // of traffic, so that the charts have something to show

const month = fileURLToPath(new URL("month.py", import.meta.url));

const key = (name, limits, more = {}) => ({ name, secret: `sk-lab-${name.toLowerCase()}`, limits, ...more });
const models = (rpm, tpm) => ({ "*": { rpm, tpm } });
const team = [
  key("OPENAI_API_KEY_0", models(70, 30_000)),
  key("OPENAI_API_KEY_1", models(70, 30_000)),
  key("TEAM_SEARCH_KEY", models(40, 16_000)),
  key("TEAM_SUPPORT_KEY", models(60, 30_000)),
  key("CI_KEY", models(24, 8_000)),
  key("BATCH_KEY", models(16, 6_000)),
  key("NIGHTLY_KEY", models(60, 20_000)),
];

const cleanups = [];
const run = { after: (cleanup) => cleanups.push(cleanup) };

try {
  await mkdir(folder, { recursive: true });
  const watched = await gateway(run, {
    keys: [
      ...team,
      key("FORGOTTEN_KEY", models(60, 10_000)),
      key("PREPAID_KEY", models(60, 10_000)),
    ],
    answers: { tokens: [40, 400], first_token: "250ms", tokens_per_second: 220 },
    faults: [
      { keys: "FORGOTTEN_KEY", error: "bad_key" },
      { keys: "PREPAID_KEY", error: "insufficient_quota" },
      { keys: "CI_KEY", probability: 0.25, answer: { status: 429, headers: { "retry-after": "4" }, body: "{}" } },
      { keys: "NIGHTLY_KEY", calls: [9, 9], answer: { status: 429, headers: { "retry-after": "240" }, body: "{}" } },
    ],
    wait: "10s",
    more: (url) => [
      { name: "research", base_url: url, dialect: "openai", keys: ["TEAM_SEARCH_KEY"] },
      { name: "local", base_url: url, dialect: "openai", keys: "none" },
    ],
  });
  await watched.stop();
  execFileSync("python3", [month, watched.database]);
  await watched.startAgain();
  await fetch(`${watched.admin}/api/v1/keys/openai/TEAM_SUPPORT_KEY/disable`, { method: "POST" });

  const pages = {
    overview: "/#/",
    keys: "/#/keys?endpoint=openai",
    key: "/#/keys/openai/BATCH_KEY",
    usage: "/#/usage",
    calls: "/#/calls",
    plan: "/#/plan",
  };
  /** What is done on a page before its picture is taken. */
  const prepare = {
    async usage(page) {
      const { width } = await page.locator(".u-over").boundingBox();
      await page.locator(".u-over").hover({ position: { x: width * 0.7, y: 60 } });
    },
    async calls(page) {
      await page.locator(".call-head", { hasText: /after \d other/ }).first().click();
    },
    async plan(page) {
      await page.getByLabel("Longest wait").selectOption("1000");
      await page.getByRole("button", { name: "Work it out" }).click();
      await page.locator(".answer").waitFor();
    },
  };
  const looks = {
    light: { width: 1360, height: 850, colorScheme: "light" },
    dark: { width: 1360, height: 850, colorScheme: "dark" },
    narrow: { width: 390, height: 844, colorScheme: "light" },
  };
  // One page that stays open and collects the history, then is shown in each look.
  const page = await browse(run, looks.light);
  await page.goto(watched.admin);
  let calls = true;
  const traffic = Promise.allSettled(Array.from({ length: 7 }, async (_, caller) => {
    while (calls) {
      const endpoint = caller < 6 ? "openai" : "research";
      await watched.call(caller % 3 === 0 ? "gpt-4.1" : "gpt-4.1-mini", endpoint);
      await new Promise((resolve) => setTimeout(resolve, 80 + 60 * caller));
    }
  }));
  await new Promise((resolve) => setTimeout(resolve, kSeconds * 1000));
  for (const [look, { colorScheme, ...size }] of Object.entries(looks)) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(watched.admin + path);
      await page.locator("h1").waitFor();
      await page.waitForTimeout(2500);
      await prepare[name]?.(page);
      await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    }
  }
  calls = false;
  await traffic;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
