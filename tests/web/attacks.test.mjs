// What a bad page, a bad name or a bad client may try on the admin port.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { browse, eventually, gateway, keysNamed } from "./watched.mjs";

/** One request with the path and the headers exactly as given. */
async function raw(url, { method = "GET", path, headers = {} }) {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, method, path, headers });
  sent.end();
  const [answer] = await once(sent, "response");
  let body = "";
  for await (const piece of answer.setEncoding("utf8")) body += piece;
  return { status: answer.statusCode, headers: answer.headers, body };
}

const disable = "/api/v1/keys/openai/VICTIM_KEY/disable";
const json = { "content-type": "application/json" };
const victim = async (watched) => (await watched.api("keys/openai/VICTIM_KEY")).key.state;

test("requests for another host or from another origin are refused", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  const host = new URL(watched.admin).host;
  const attacks = {
    "a rebound name reads": { path: "/api/v1/keys", headers: { host: "evil.example" }, status: 403 },
    "a rebound name gets the page": { path: "/", headers: { host: "evil.example" }, status: 403 },
    "a rebound name reads metrics": { path: "/metrics", headers: { host: "evil.example" }, status: 403 },
    "a rebound name listens": { path: "/api/v1/events", headers: { host: "evil.example" }, status: 403 },
    "a rebound name writes": { method: "POST", path: disable, headers: { host: "evil.example", ...json }, status: 403 },
    "another origin writes": { method: "POST", path: disable, headers: { host, origin: "https://evil.example", ...json }, status: 403 },
    "another port writes": { method: "POST", path: disable, headers: { host, origin: "http://127.0.0.1:1", ...json }, status: 403 },
    "no origin at all writes": { method: "POST", path: disable, headers: { host, origin: "null", ...json }, status: 403 },
    "a cross-site fetch writes": { method: "POST", path: disable, headers: { host, "sec-fetch-site": "cross-site", ...json }, status: 403 },
    "a form writes": { method: "POST", path: disable, headers: { host, "content-type": "application/x-www-form-urlencoded" }, status: 415 },
    "a text form writes": { method: "POST", path: disable, headers: { host, "content-type": "text/plain" }, status: 415 },
    "a look changes": { path: disable, headers: { host }, status: 405 },
  };
  for (const [name, { status, ...attack }] of Object.entries(attacks)) {
    assert.equal((await raw(watched.admin, attack)).status, status, name);
  }
  assert.equal(await victim(watched), "ready");
});

test("no path leads out of what is served", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  for (const path of [
    "/assets/../../../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/assets//etc/passwd", "/assets/app.js%00.html", "/..%5c..%5cetc%5cpasswd", "/assets/....//etc/passwd",
  ]) {
    const answer = await raw(watched.admin, { path });
    assert.ok(answer.status >= 400, path);
    assert.doesNotMatch(answer.body, /root:/);
  }
});

test("a page of another origin can neither read nor write, by form or by fetch", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  const evil = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><form method="post" action="${watched.admin}${disable}"></form>`);
  }).listen(0, "127.0.0.1");
  await once(evil, "listening");
  test.after(() => evil.close());
  const home = `http://127.0.0.1:${evil.address().port}/`;

  const page = await browse(test);
  page.removeAllListeners("console"); // the browser's own refusals are the point here
  await page.goto(home);
  const tried = await page.evaluate(async ([admin, path]) => {
    const attempt = (url, options) => fetch(url, options).then(
      (answer) => answer.type, () => "refused");
    return {
      read: await attempt(`${admin}/api/v1/keys`),
      write: await attempt(admin + path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
      blind: await attempt(admin + path, { method: "POST", mode: "no-cors" }),
    };
  }, [watched.admin, disable]);
  assert.equal(tried.read, "refused");
  assert.equal(tried.write, "refused");
  assert.equal(await victim(watched), "ready");

  await page.evaluate(() => document.forms[0].submit());
  await page.waitForURL(`${watched.admin}/**`);
  assert.equal(await victim(watched), "ready");
});

test("the dashboard cannot be framed", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  const { headers } = await raw(watched.admin, { path: "/", headers: { accept: "text/html" } });
  const policy = headers["content-security-policy"];
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
});

test("a model's name that holds markup is only text", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  await watched.call(evil);
  const page = await browse(test);
  await page.goto(`${watched.admin}/#/keys/openai/VICTIM_KEY`);
  await eventually(() => page.locator(".lanes h3").first().innerText(), evil);
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.doesNotMatch(await page.title(), /owned/);
});

test("names of models, keys and clients that hold markup are only text on every page", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  await watched.call("victim-model");
  const evil = (name) => `<img src=x onerror="document.title='owned'"><b>${name}</b>"'>`;
  const page = await browse(test);
  // The gateway refuses such names for keys and clients; the pages must not rely on it.
  await page.route(/\/api\/v1\/(keys|usage|calls)/, async (route) => {
    const answer = await route.fetch();
    const names = ["VICTIM_KEY", "victim-model"];
    const poisoned = (value, field = "") => {
      if (field === "client") return evil("victim");
      if (typeof value === "string") return names.includes(value) ? evil(value) : value;
      if (Array.isArray(value)) return value.map((one) => poisoned(one));
      if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, poisoned(inner, field)]));
      }
      return value;
    };
    await route.fulfill({ response: answer, json: poisoned(await answer.json()) });
  });
  for (const [path, name] of [
    ["keys", "VICTIM_KEY"], ["keys/openai/VICTIM_KEY", "VICTIM_KEY"], ["usage?split=model", "victim-model"],
    ["usage?split=key", "VICTIM_KEY"], ["usage?split=client", "victim"], ["calls", "victim-model"],
  ]) {
    await page.goto(`${watched.admin}/#/${path}`);
    await page.locator("main").getByText(evil(name)).first().waitFor();
    if (path === "calls") await page.locator(".call-head").click();
    assert.equal(await page.locator("main img, main script, main b b").count(), 0, path);
    assert.doesNotMatch(await page.title(), /owned/);
  }
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("an address that holds markup is only text", async (test) => {
  const watched = await gateway(test, { keys: keysNamed(["VICTIM_KEY"]) });
  const page = await browse(test);
  const evil = encodeURIComponent(`<img src=x onerror="document.title='owned'">`);
  await page.goto(`${watched.admin}/#/keys/${evil}/${evil}`);
  await page.getByText("There is no such key").waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});
