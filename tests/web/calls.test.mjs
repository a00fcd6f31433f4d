// Each call as it ends, and what happened to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, eventually, expectAccessible, gateway, keysNamed } from "./watched.mjs";

const refusing = (name) => ({
  keys: name,
  answer: { status: 429, headers: { "retry-after": "120" }, body: '{"error": {"message": "slow down"}}' },
});
const callsOn = (page) => page.locator("li.call");
const modelsOn = (page) => page.locator("li.call .call-what b").allInnerTexts().then((names) => names.join());

async function callsPage(test, options = {}, look = {}) {
  const watched = await gateway(test, { keys: keysNamed(["FIRST_KEY", "SECOND_KEY"]), ...options });
  const page = await browse(test, look);
  await page.goto(`${watched.admin}/#/calls`);
  return { watched, page };
}

test("a call shows up when it ends, with what the API and the provider tell of it", async (test) => {
  const { watched, page } = await callsPage(test);
  await page.getByText("No call yet").waitFor();
  await expectAccessible(page);
  await watched.call("gpt-4.1");
  await eventually(() => modelsOn(page), "gpt-4.1");
  await page.locator(".call-head").click();

  const [call] = (await watched.api("calls")).calls;
  const provider = await watched.observed();
  assert.equal(call.tokens.input, provider.input);
  assert.equal(call.tokens.output, provider.output);
  const told = await page.locator(".call-details").innerText();
  assert.match(told, new RegExp(`${provider.input} in`));
  assert.match(told, new RegExp(`${provider.output} out`));
  assert.match(told, /POST \/(openai\/)?v1\/chat\/completions/);
  assert.equal(await page.locator(".call-facts [title^='$']").getAttribute("title"), `$${call.cost_usd}`);
  await expectAccessible(page);
});

test("the attempts of a call are drawn in their order, each with its verdict", async (test) => {
  const { watched, page } = await callsPage(test, { faults: [refusing("FIRST_KEY")] });
  // Which key comes first is the pool's choice; with two calls the limited one is met.
  for (let i = 0; i < 2; i++) assert.equal(await watched.call(), 200);
  await eventually(() => callsOn(page).count(), 2);
  const { calls } = await watched.api("calls");
  const stepped = calls.find((call) => call.attempts.length === 2);
  await page.locator(`[data-call="${stepped.id}"] .call-head`).click();
  const lines = page.locator(".waterfall li");
  const keys = (await page.locator(".waterfall-name").allInnerTexts()).filter((name) => name.endsWith("_KEY"));
  assert.deepEqual(keys, stepped.attempts.map((attempt) => attempt.key));
  assert.match(await lines.filter({ hasText: "FIRST_KEY" }).innerText(), /429/);
  await expectAccessible(page);
});

test("calls are held while one reads or pauses, and come when one goes on", async (test) => {
  const { watched, page } = await callsPage(test);
  await page.locator(".connection-live").waitFor();
  await watched.call();
  await eventually(() => callsOn(page).count(), 1);
  await page.getByRole("button", { name: "Pause" }).click();
  await watched.call();
  await watched.call();
  await page.getByRole("button", { name: "2 new calls" }).waitFor();
  assert.equal(await callsOn(page).count(), 1);
  await page.getByRole("button", { name: "Go on" }).click();
  await eventually(() => callsOn(page).count(), 3);
});

test("calls are gone through and opened by keyboard", async (test) => {
  const { watched, page } = await callsPage(test);
  for (const model of ["gpt-4.1", "gpt-4.1-mini"]) await watched.call(model);
  await eventually(() => modelsOn(page), "gpt-4.1-mini,gpt-4.1");
  await page.locator(".call-head").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("li.call-open", { hasText: "gpt-4.1" }).locator(".call-details").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".call-details").waitFor({ state: "detached" });
});

test("calls are filtered, also those to come, and the address keeps it", async (test) => {
  const { watched, page } = await callsPage(test);
  for (const model of ["gpt-4.1", "gpt-4.1-mini"]) await watched.call(model);
  await page.getByRole("combobox", { name: "Only this model" }).fill("gpt-4.1-mini");
  await page.keyboard.press("Enter");
  await eventually(() => modelsOn(page), "gpt-4.1-mini");
  for (const model of ["gpt-4.1", "gpt-4.1-mini"]) await watched.call(model);
  await eventually(() => modelsOn(page), "gpt-4.1-mini,gpt-4.1-mini");
  await page.reload();
  await eventually(() => modelsOn(page), "gpt-4.1-mini,gpt-4.1-mini");
  await page.goto(`${watched.admin}/#/calls?outcome=broken`);
  await page.getByText("No call fits").waitFor();
});

test("calls that ended while the gateway was out of reach are there afterwards", async (test) => {
  const { watched, page } = await callsPage(test);
  await watched.call("gpt-4.1");
  await eventually(() => modelsOn(page), "gpt-4.1");
  await watched.stop();
  await page.getByRole("alert").waitFor();
  await watched.startAgain();
  await watched.call("gpt-4.1-mini");
  await eventually(() => modelsOn(page).then((models) => models.split(",")[0]), "gpt-4.1-mini");
});

test("the page fits a small screen in the dark", async (test) => {
  const { watched, page } = await callsPage(test, {}, { width: 360, height: 740, colorScheme: "dark" });
  await watched.call();
  await eventually(() => callsOn(page).count(), 1);
  await page.locator(".call-head").click();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await expectAccessible(page);
});
