// Where the admin port asks for the operator's token, so does the dashboard.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, eventually, expectAccessible, gateway, keysNamed } from "./watched.mjs";

const adminToken = "operator-of-this-gateway";
const answered = (page) => page.locator('[data-value="answered"]').innerText();

async function signInPage(test, look) {
  const watched = await gateway(test, { keys: keysNamed(["ONLY_KEY"]), adminToken });
  const page = await browse(test, look);
  await page.goto(watched.admin);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  return { watched, page };
}

async function signIn(page, token) {
  await page.getByLabel("Operator's token").fill(token);
  await page.keyboard.press("Enter");
}

test("the dashboard shows nothing before the token is given, and lives on it afterwards", async (test) => {
  const { watched, page } = await signInPage(test);
  assert.equal(await page.getByRole("navigation").count(), 0);
  await expectAccessible(page);
  await signIn(page, "somebody else's");
  await page.getByText("The gateway does not know this token.").waitFor();
  await expectAccessible(page);

  await signIn(page, adminToken);
  await eventually(() => answered(page), "0");
  await watched.call();
  await eventually(() => answered(page), "1");
  await page.goto(`${watched.admin}/#/keys`);
  await page.getByRole("button", { name: "Disable ONLY_KEY" }).click();
  await page.locator('[data-key="ONLY_KEY"]').getByText("disabled", { exact: true }).waitFor();
});

test("the token lasts for a reload, not beyond signing out, and no address holds it", async (test) => {
  const { page } = await signInPage(test);
  await signIn(page, adminToken);
  await eventually(() => answered(page), "0");
  await page.reload();
  await eventually(() => answered(page), "0");
  for (const url of page.asked) assert.ok(!url.includes(adminToken), url);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.getByText("answered").count(), 0);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]).includes("operator")), false);
});

test("signing in is possible in the dark, on a small screen", async (test) => {
  const { page } = await signInPage(test, { width: 360, height: 640, colorScheme: "dark" });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await expectAccessible(page);
});
