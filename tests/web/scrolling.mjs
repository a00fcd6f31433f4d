// How does a page of 41,000 keys scroll, how soon does it paint, and how soon does it show a change?
// Frames are counted by requestAnimationFrame in a headless browser without a GPU; the work for each
// is what its main thread spent by its own clock, so that it stays the same on a busy machine.
//
//   KEYPOOL_BINARY=… CHROMIUM=… node scrolling.mjs [KEYS] [SECONDS]
import { browse, gateway, keysNamed } from "./watched.mjs";

const keys = Number(process.argv[2] ?? 41_000);
const seconds = Number(process.argv[3] ?? 8);

const cleanups = [];
const run = { after: (cleanup) => cleanups.push(cleanup) };
const middle = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** Scrolls to the end and back, a few rows each frame, and tells when each frame came. */
function scroll(milliseconds) {
  const element = document.querySelector(".rows");
  return new Promise((resolve) => {
    const frames = [];
    const begin = performance.now();
    const end = element.scrollHeight - element.clientHeight;
    const step = (now) => {
      frames.push(now);
      if (now - begin > milliseconds) return resolve(frames);
      const share = (now - begin) / milliseconds;
      element.scrollTop = share < 0.5 ? frames.length * 180 : end - frames.length * 180;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

try {
  const watched = await gateway(run, { keys: keysNamed(["OTHER_KEY"]), crowd: keys });
  const page = await browse(run);

  const opened = [];
  for (let time = 0; time < 5; time++) {
    await page.goto("about:blank");
    await page.goto(`${watched.admin}/#/keys?endpoint=crowd`);
    await page.locator('[data-key="CROWD_KEY[0]"]').waitFor();
    opened.push(await page.evaluate(() => ({
      painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      filled: performance.now(),
    })));
  }
  console.log(`first paint ${Math.round(middle(opened.map((one) => one.painted)))} ms, first rows ${Math.round(middle(opened.map((one) => one.filled)))} ms (medians of ${opened.length})`);

  const tools = await page.context().newCDPSession(page);
  await tools.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await tools.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1000]));
  };
  const before = await spent();
  const frames = await page.evaluate(scroll, seconds * 1000);
  const after = await spent();
  const gaps = frames.slice(1).map((at, i) => at - frames[i]).toSorted((one, other) => one - other);
  const each = (name) => ((after[name] - before[name]) / frames.length).toFixed(2);
  console.log(`${keys} keys: ${((1000 * (frames.length - 1)) / (frames.at(-1) - frames[0])).toFixed(1)} frames/s, ` +
    `gap p50 ${middle(gaps).toFixed(1)} ms, p99 ${gaps[Math.floor(gaps.length * 0.99)].toFixed(1)} ms`);
  console.log(`work for a frame: ${each("TaskDuration")} ms, of that script ${each("ScriptDuration")}, ` +
    `style ${each("RecalcStyleDuration")}, layout ${each("LayoutDuration")}`);

  await page.goto(`${watched.admin}/#/`);
  const answered = page.locator('[data-value="answered"]');
  await answered.waitFor();
  const late = [];
  for (let call = 1; call <= 9; call++) {
    await watched.call();
    const ended = performance.now();
    while (Number(await answered.innerText()) < call) await page.waitForTimeout(5);
    late.push(performance.now() - ended);
    await page.waitForTimeout(97 * call); // each at another moment of the beat
  }
  console.log(`a call that ended shows after ${Math.round(middle(late))} ms (median), ${Math.round(Math.max(...late))} ms at most`);
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
