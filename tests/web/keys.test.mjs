// The page of all keys: find, sort, choose, change, take back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, eventually, expectAccessible, gateway, keysNamed } from "./watched.mjs";

const names = ["ALPHA_KEY", "BETA_KEY", "GAMMA_KEY", "DELTA_KEY"];
const stateOf = async (watched, name) => (await watched.api(`keys/openai/${name}`)).key.state;
const rowsOf = (page) => page.locator("[data-key]").evaluateAll((rows) => rows.map((row) => row.dataset.key).join());

async function keysPage(test, options) {
  const watched = await gateway(test, { keys: keysNamed(names) });
  const page = await browse(test, options);
  await page.goto(`${watched.admin}/#/keys`);
  await page.locator('[data-key="ALPHA_KEY"]').waitFor();
  return { watched, page };
}

test("a key is disabled by a click, and enabled again by undo", async (test) => {
  const { watched, page } = await keysPage(test);
  await page.getByRole("button", { name: "Disable BETA_KEY" }).click();
  await page.locator('[data-key="BETA_KEY"]').getByText("disabled", { exact: true }).waitFor();
  assert.equal(await stateOf(watched, "BETA_KEY"), "disabled");
  assert.match(watched.log(), /disable of \["BETA_KEY"\] of "openai": 1 of 1 changed/);

  await page.getByRole("button", { name: "Undo" }).click();
  await page.locator('[data-key="BETA_KEY"]').getByText("ready", { exact: true }).waitFor();
  assert.equal(await stateOf(watched, "BETA_KEY"), "ready");
});

test("a key is drained and taken back on its own page", async (test) => {
  const { watched, page } = await keysPage(test);
  await page.goto(`${watched.admin}/#/keys/openai/BETA_KEY`);
  await page.getByRole("button", { name: "Drain" }).click();
  await eventually(() => page.locator(".standing .state").innerText(), "draining");
  assert.equal(await stateOf(watched, "BETA_KEY"), "draining");
  await page.getByRole("button", { name: "Undo" }).click();
  await eventually(() => page.locator(".standing .state").innerText(), "ready");
});

test("a selection is changed at once, by keyboard alone", async (test) => {
  const { watched, page } = await keysPage(test);
  for (const name of ["ALPHA_KEY", "GAMMA_KEY"]) {
    await page.getByRole("checkbox", { name: `Select ${name}` }).focus();
    await page.keyboard.press("Space");
  }
  await page.getByText("2 keys selected").waitFor();
  await page.getByRole("button", { name: "Disable", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Disabled 2 keys.").waitFor();
  assert.equal(await stateOf(watched, "ALPHA_KEY"), "disabled");
  assert.equal(await stateOf(watched, "GAMMA_KEY"), "disabled");
  assert.equal(await stateOf(watched, "BETA_KEY"), "ready");
});

test("all keys of an endpoint are changed at once", async (test) => {
  const { watched, page } = await keysPage(test);
  await page.goto(`${watched.admin}/#/keys?endpoint=openai`);
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await page.getByText("Disabled 4 keys.").waitFor();
  for (const name of names) assert.equal(await stateOf(watched, name), "disabled");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Undone.").waitFor();
  for (const name of names) assert.equal(await stateOf(watched, name), "ready");
});

test("keys are searched, filtered by state and sorted, and the address keeps it", async (test) => {
  const { watched, page } = await keysPage(test);
  await fetch(`${watched.admin}/api/v1/keys/openai/GAMMA_KEY/disable`, { method: "POST" });

  await page.getByRole("searchbox").fill("ta_k");
  await eventually(() => rowsOf(page), "BETA_KEY,DELTA_KEY");
  await page.getByRole("searchbox").fill("");
  await eventually(() => rowsOf(page), names.join());
  await page.getByRole("button", { name: "Key", exact: true }).click();
  await eventually(() => rowsOf(page), "ALPHA_KEY,BETA_KEY,DELTA_KEY,GAMMA_KEY");
  await page.getByRole("button", { name: /^disabled/ }).click();
  await eventually(() => rowsOf(page), "GAMMA_KEY");

  await page.reload();
  await eventually(() => rowsOf(page), "GAMMA_KEY");
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByText("No key fits.").waitFor();
  await expectAccessible(page);
});

test("a change made elsewhere shows without a reload", async (test) => {
  const { watched, page } = await keysPage(test);
  await fetch(`${watched.admin}/api/v1/keys/openai/DELTA_KEY/disable`, { method: "POST" });
  await page.locator('[data-key="DELTA_KEY"]').getByText("disabled", { exact: true }).waitFor();
  await expectAccessible(page);
});
