// What was used, on the page, in the API and at the provider.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { browse, eventually, expectAccessible, gateway, keysNamed } from "./watched.mjs";

const names = ["FIRST_KEY", "SECOND_KEY"];
const shown = (page, name) => page.locator(`[data-value="${name}"]`).innerText();
const exactly = async (page, name) => (await page.locator(`[data-value="${name}"]`).getAttribute("title")).replaceAll(/[$,]/g, "");
const rowOf = (page, group) => page.locator(`tr[data-group="${group}"] td.number`).allInnerTexts();
const groups = (page) => page.locator("tr[data-group]").evaluateAll((rows) => rows.map((row) => row.dataset.group).sort().join());

async function used(test, calls, options) {
  const watched = await gateway(test, { keys: keysNamed(names) });
  for (const model of calls) assert.equal(await watched.call(model), 200);
  const page = await browse(test, options);
  await page.goto(`${watched.admin}/#/usage?range=today`);
  return { watched, page };
}

test("the page, the API and the provider count the same", async (test) => {
  const { watched, page } = await used(test, ["gpt-4.1", "gpt-4.1", "gpt-4.1-mini"]);
  await eventually(() => shown(page, "calls"), "3");
  const provider = await watched.observed();
  assert.equal(provider.calls, 3);
  assert.equal(await exactly(page, "input"), String(provider.input));
  assert.equal(await exactly(page, "output"), String(provider.output));
  const { total } = await watched.api("usage?by=none");
  assert.equal(await exactly(page, "cost"), String(total.cost_usd));
  assert.ok(total.cost_usd > 0);

  const { rows } = await watched.api("usage?by=none&group=model");
  for (const row of rows) {
    const cells = await rowOf(page, row.model);
    assert.equal(cells[1], String(row.tokens.input));
    assert.equal(cells[3], String(row.tokens.output));
    assert.equal(cells[4], String(row.calls));
  }
});

test("a call that ends shows without a reload", async (test) => {
  const { watched, page } = await used(test, ["gpt-4.1"]);
  await eventually(() => shown(page, "calls"), "1");
  await watched.call();
  await eventually(() => shown(page, "calls"), "2");
});

test("usage is told apart by what is chosen, narrowed by a click, and the address keeps it", async (test) => {
  const { page } = await used(test, ["gpt-4.1", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-mini"]);
  await eventually(() => groups(page), "gpt-4.1,gpt-4.1-mini");
  await page.getByRole("button", { name: "Key", exact: true }).click();
  await eventually(() => groups(page), names.join());
  await page.getByRole("button", { name: "Model", exact: true }).click();
  await page.getByRole("button", { name: "gpt-4.1-mini", exact: true }).click();
  await eventually(() => shown(page, "calls"), "2");
  await page.reload();
  await eventually(() => groups(page), "gpt-4.1-mini");
  await page.getByRole("button", { name: "Model gpt-4.1-mini: show all again" }).click();
  await eventually(() => shown(page, "calls"), "4");
});

test("each bar tells its parts, by keyboard too", async (test) => {
  const { page } = await used(test, ["gpt-4.1", "gpt-4.1-mini"]);
  const bars = page.getByRole("slider");
  await page.getByRole("button", { name: "Requests", exact: true }).click();
  await page.getByRole("heading", { name: "Requests by hour" }).waitFor();
  await bars.focus();
  await page.keyboard.press("End");
  await eventually(() => bars.getAttribute("aria-valuetext").then((text) => text.split(": ")[1]), "2");
  const tip = await page.locator(".tip li").allInnerTexts();
  assert.equal(tip.length, 2);
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.locator(".tip").waitFor({ state: "detached" });
});

test("the CSV holds what is shown", async (test) => {
  const { watched, page } = await used(test, ["gpt-4.1", "gpt-4.1-mini"]);
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const download = await coming;
  assert.match(download.suggestedFilename(), /^keypool-usage-[\d-]+-by-model\.csv$/);
  const [head, ...lines] = (await readFile(await download.path(), "utf8")).trim().split("\n");
  assert.match(head, /model/);
  assert.equal(lines.length, 2);
  const { total } = await watched.api("usage?by=none");
  const column = head.trim().split(",").indexOf("calls");
  assert.equal(lines.reduce((sum, line) => sum + Number(line.split(",")[column]), 0), total.calls);
});

test("without usage the page says how to make some", async (test) => {
  const { page } = await used(test, []);
  await page.getByText("OPENAI_BASE_URL=").waitFor();
  await expectAccessible(page);
});
