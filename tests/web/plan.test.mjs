// The question how many keys are needed, and the answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, expectAccessible, gateway, keysNamed } from "./watched.mjs";

async function planPage(test, look) {
  const limits = { "*": { rpm: 600, tpm: 200_000 } };
  const watched = await gateway(test, {
    keys: keysNamed(["FIRST_KEY", "SECOND_KEY"]).map((key) => ({ ...key, limits })),
    wait: "10s",
  });
  const page = await browse(test, look);
  const open = () => page.goto(`${watched.admin}/#/plan`);
  /** A plan needs at least a hundred calls to go by. */
  const busy = () => Promise.all(Array.from({ length: 120 }, () => watched.call()));
  return { watched, page, open, busy };
}

test("without traffic the page says what is missing", async (test) => {
  const { page, open } = await planPage(test);
  await open();
  await page.getByRole("button", { name: "Work it out" }).click();
  await page.getByText("No answer to that").waitFor();
  await expectAccessible(page);
});

test("the answer in words and figures is the API's", async (test) => {
  const { watched, page, open, busy } = await planPage(test);
  await busy();
  const plan = await watched.api("plan?endpoint=openai&wait_ms=2000&hours=24");
  assert.equal(plan.keys_now, 2);
  await open();
  await page.getByRole("button", { name: "Work it out" }).click();
  const answer = await page.locator('[data-value="answer"]').innerText();
  assert.match(answer, new RegExp(`^(The )?${plan.keys_needed} keys?`));
  const keys = await page.locator(".plan-table tbody th").allInnerTexts();
  assert.deepEqual(keys.map((text) => Number.parseInt(text)), [...new Set([...plan.curve.map((point) => point.keys), plan.now.keys])].sort((one, other) => one - other));
  assert.equal(await page.locator(".assumptions li").count(), plan.assumptions.length);
  await expectAccessible(page);
});

test("the page fits a small screen in the dark", async (test) => {
  const { page, open, busy } = await planPage(test, { width: 360, height: 740, colorScheme: "dark" });
  await busy();
  await open();
  await page.getByRole("button", { name: "Work it out" }).click();
  await page.locator(".answer").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await expectAccessible(page);
});
