// Forty-one thousand keys are no other page than four.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, expectAccessible, gateway, keysNamed } from "./watched.mjs";

const kKeys = 41_000;

test("a page of 41,000 keys draws only those in sight, and reaches the last", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["OTHER_KEY"]), crowd: kKeys });
  const page = await browse(test);
  await page.goto(`${watched.admin}/#/keys?endpoint=crowd`);
  await page.locator('[data-key="CROWD_KEY[0]"]').waitFor();
  await page.getByText("41,000 keys", { exact: true }).waitFor();

  const rows = page.locator(".rows");
  await rows.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.locator(`[data-key="CROWD_KEY[${kKeys - 1}]"]`).waitFor();
  assert.ok((await page.locator(".rows .row").count()) < 60);

  await page.getByRole("searchbox").fill("[40999]");
  await page.getByText("1 key", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Disable CROWD_KEY[40999]" }).click();
  await page.locator('[data-key="CROWD_KEY[40999]"]').getByText("disabled", { exact: true }).waitFor();
  await expectAccessible(page);
});

test("the metrics of 41,000 keys stay below two megabytes", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["OTHER_KEY"]), crowd: kKeys });
  const text = await (await fetch(`${watched.admin}/metrics`)).text();
  assert.ok(text.length < 2_000_000);
  assert.match(text, /keypool_keys\{endpoint="crowd",state="ready"\} 41000/);
});
