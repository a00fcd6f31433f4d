// The example for Node runs as its reader would run it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";

import { gatewayOverProvider } from "./programs.mjs";

test("the example prints a plain and a streamed answer", async (t) => {
  const gateway = await gatewayOverProvider(t, { keys: [{ name: "KEY", secret: "sk-lab-one" }] });
  const { stdout } = await promisify(execFile)(process.execPath, ["chat.mjs"], {
    env: { PATH: process.env.PATH, OPENAI_BASE_URL: gateway.baseURL },
  });
  assert.match(stdout, /^plain: .+$/m);
  assert.match(stdout, /^streamed: .+$/m);
  assert.match(stdout, /^served by KEY in 1 attempt$/m);
});
