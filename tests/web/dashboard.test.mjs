// What the pages show is what the API says, and stays so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, eventually, expectAccessible, gateway, keysNamed } from "./watched.mjs";

const value = (page, name) => page.locator(`[data-value="${name}"]`).innerText();

test("the overview shows the API's numbers, live", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["FIRST_KEY", "SECOND_KEY"]) });
  for (let i = 0; i < 5; i++) assert.equal(await watched.call(), 200);
  const page = await browse(test);
  await page.goto(watched.admin);

  await eventually(() => value(page, "answered"), "5");
  const { tokens } = await watched.api("overview");
  assert.equal(await value(page, "tokens-in"), String(tokens.input));
  assert.equal(await value(page, "tokens-out"), String(tokens.output));
  assert.equal(await value(page, "ready"), "2");

  await watched.call();
  await eventually(() => value(page, "answered"), "6");
  await expectAccessible(page);
});

test("the overview names a key that rests and when it is back", async (test) => {
  const watched = await gateway(test, {
    keys: keysNamed(["TIRED_KEY", "LARGE_KEY"]),
    faults: [{
      keys: "TIRED_KEY",
      answer: { status: 429, headers: { "retry-after": "120" }, body: '{"error": {"message": "slow down"}}' },
    }],
  });
  for (let i = 0; i < 6; i++) await watched.call();
  const page = await browse(test);
  await page.goto(watched.admin);
  const resting = page.locator(".resting li");
  await resting.getByText("TIRED_KEY").waitFor();
  assert.match(await resting.innerText(), /rate limit on gpt-4\.1\s+back in \d/);
});

test("one key shows its limits and its history", async (test) => {
  const watched = await gateway(test, {
    keys: [{ ...keysNamed(["SMALL_KEY"])[0], limits: { "*": { rpm: 100, tpm: 20_000 } } }],
  });
  await watched.call();
  const page = await browse(test);
  await page.goto(`${watched.admin}/#/keys/openai/SMALL_KEY`);
  await page.getByRole("heading", { name: "SMALL_KEY" }).waitFor();
  await eventually(() => value(page, "requests"), "1");
  const { lanes } = await watched.api("keys/openai/SMALL_KEY");
  const shown = await page.locator(".limits li").allInnerTexts();
  assert.equal(shown.length, lanes[0].limits.length);
  await watched.call();
  await eventually(() => value(page, "requests"), "2");
  assert.equal(await page.locator(".chart canvas").count(), 3);
  await expectAccessible(page);
});

test("a page that loses the gateway says so and finds it again by itself", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["ONLY_KEY"]) });
  const page = await browse(test);
  await page.goto(watched.admin);
  await page.getByText("live", { exact: true }).waitFor();
  await watched.stop();
  await page.getByRole("alert").getByText("The gateway does not answer").waitFor();
  await watched.startAgain();
  await page.getByText("live", { exact: true }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  await watched.call();
  await eventually(() => value(page, "answered"), "1");
});

test("every page is usable in the dark, on a small screen, and asks nobody else", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["FIRST_KEY", "SECOND_KEY"]) });
  await watched.call();
  const page = await browse(test, { width: 360, height: 740, colorScheme: "dark" });
  for (const path of ["/", "/#/keys", "/#/keys/openai/FIRST_KEY", "/#/usage", "/#/calls", "/#/plan", "/#/keys/openai/NOBODY", "/#/nowhere"]) {
    await page.goto(watched.admin + path);
    await page.locator("h1").first().waitFor();
    await page.locator(".loading").waitFor({ state: "detached" });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, `${path} is wider than the screen`);
    await expectAccessible(page);
  }
  for (const url of page.asked) assert.ok(url.startsWith(watched.admin), url);
});
