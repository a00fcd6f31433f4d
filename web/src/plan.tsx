import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { plan, Refused, type PlanQuery } from "./api";
import { Curve } from "./curve";
import { exact, latency, plural } from "./format";
import { useLive } from "./live";
import { Empty } from "./parts";
import type { Route } from "./route";
import type { Plan } from "./types";

const kWaits = [0, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const kSpans = [
  ["24", "day"],
  ["168", "week"],
  ["720", "30 days"],
] as const;

const waitWords = (ms: number) => (ms === 0 ? "not at all" : `${ms / 1000} s`);

type Answer = { plan: Plan } | { problem: string; code: number } | null;

export function PlanPage({ route, theme }: { route: Route; theme: string }) {
  const { overview } = useLive();
  const endpoints = overview?.endpoints.filter((endpoint) => !endpoint.keyless && endpoint.keys > 0) ?? [];
  const given = (name: string) => route.query.get(name) ?? "";
  const question: PlanQuery = {
    endpoint: given("endpoint") || (endpoints[0]?.name ?? ""),
    model: given("model"),
    wait_ms: given("wait_ms") || "2000",
    hours: given("hours") || "24",
  };
  const [answer, setAnswer] = useState<Answer>(null);
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | null>(null);
  const address = JSON.stringify(question);
  useEffect(() => {
    setAnswer(null);
    return () => running.current?.abort();
  }, [address]);

  const change = (what: Partial<PlanQuery>) => {
    const query = new URLSearchParams(Object.entries({ ...question, ...what }).filter(([, value]) => value !== ""));
    history.replaceState(null, "", `#/plan?${query}`);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  const work = async () => {
    running.current?.abort();
    const given = new AbortController();
    running.current = given;
    setBusy(true);
    setAnswer(null);
    try {
      setAnswer({ plan: await plan(question, given.signal) });
    } catch (problem) {
      if (!given.signal.aborted) setAnswer(complaint(problem));
    }
    if (running.current === given) setBusy(false);
  };

  if (!overview) return <p class="loading">Asking the gateway…</p>;
  if (endpoints.length === 0) return <NothingToPlan />;
  return (
    <>
      <h1>Plan</h1>
      <p class="lead faint">Would more keys help? The gateway plays its own busiest hour against more and fewer keys and tells what the callers would have waited.</p>
      <form class="card question" onSubmit={(event) => { event.preventDefault(); void work(); }}>
        <p>
          How many keys does{" "}
          <select aria-label="Endpoint" value={question.endpoint} onChange={(event) => change({ endpoint: event.currentTarget.value })}>
            {endpoints.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>{" "}
          need, so that 99 of 100 calls for{" "}
          <input type="text" class="plan-model" aria-label="Model; empty: the one used most" placeholder="the top model" value={question.model}
            onChange={(event) => change({ model: event.currentTarget.value.trim() })} />{" "}
          wait at most{" "}
          <select aria-label="Longest wait" value={question.wait_ms} onChange={(event) => change({ wait_ms: event.currentTarget.value })}>
            {kWaits.map((ms) => <option key={ms} value={String(ms)}>{waitWords(ms)}</option>)}
          </select>
          , in the busiest hour of the last{" "}
          <select aria-label="Of the last" value={question.hours} onChange={(event) => change({ hours: event.currentTarget.value })}>
            {kSpans.map(([hours, name]) => <option key={hours} value={hours}>{name}</option>)}
          </select>
          ?
        </p>
        <button type="submit" class="primary" disabled={busy}>{busy ? "Working it out…" : "Work it out"}</button>
      </form>
      <div aria-live="polite">
        {busy && <p class="loading">Playing the recorded calls against more and fewer keys. This takes some seconds; calls are served meanwhile.</p>}
        {answer && "problem" in answer && <Problem of={answer} />}
        {answer && "plan" in answer && <Answered of={answer.plan} theme={theme} />}
      </div>
    </>
  );
}

function complaint(problem: unknown): Answer {
  if (problem instanceof Refused) return { problem: problem.message, code: problem.status };
  return { problem: "The gateway does not answer; try again when it is back.", code: 0 };
}

function Problem({ of }: { of: { problem: string; code: number } }) {
  return (
    <Empty within title={of.code === 429 ? "One question at a time" : "No answer to that"}>
      <p>{of.problem}</p>
      {of.code === 429 && <p>Another plan is being worked out already. Ask again in a moment.</p>}
    </Empty>
  );
}

/** All that were simulated, the fewest keys first. */
const pointsOf = (plan: Plan) =>
  [...new Map([plan.now, ...plan.curve].map((point) => [point.keys, point])).values()].sort((one, other) => one.keys - other.keys);

function Answered({ of, theme }: { of: Plan; theme: string }) {
  const points = useMemo(() => pointsOf(of), [of]);
  return (
    <>
      <section class="answer" aria-label="Answer">
        <p class="answer-headline" data-value="answer">{headline(of)}</p>
        <p class="faint">{explanation(of)}</p>
      </section>
      <div class="plan-parts">
        <Curve plan={of} points={points} theme={theme} />
        <section class="card plan-table" aria-label="The same in figures">
          <table>
            <thead>
              <tr><th scope="col">Keys</th><th scope="col" class="number">99 of 100 wait at most</th><th scope="col" class="number">Fail</th><th scope="col" class="number">429s per 1,000</th></tr>
            </thead>
            <tbody>
              {points.map((point) => (
                <tr key={point.keys} class={point.failed_share === 0 && point.p99_wait_ms <= of.wait_ms ? "enough" : ""}>
                  <th scope="row">
                    {exact(point.keys)}
                    {point.keys === of.keys_now && <span class="mark">now</span>}
                    {point.keys === of.keys_needed && <span class="mark mark-needed">needed</span>}
                  </th>
                  <td class="number">{latency(point.p99_wait_ms)}</td>
                  <td class="number">{share(point.failed_share)}</td>
                  <td class="number">{point.rate_limited_per_1000.toFixed(1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
      <section class="assumptions" aria-label="What this rests on">
        <h2>What this rests on</h2>
        <ul>{of.assumptions.map((line) => <li key={line}>{line}</li>)}</ul>
        <p class="faint">The same on the command line, for other traffic and other keys: <code>keypool lab simulate --plan</code>.</p>
      </section>
    </>
  );
}

const share = (of: number) => (of === 0 ? "0 %" : of < 0.001 ? "< 0.1 %" : `${(of * 100).toFixed(1)} %`);

function headline(of: Plan): string {
  const more = of.keys_needed - of.keys_now;
  if (more > 0) return `${plural(of.keys_needed, "key")}: ${exact(more)} more than now.`;
  if (more === 0) return `The ${plural(of.keys_now, "key")} you have: none to spare, none missing.`;
  return `${plural(of.keys_needed, "key")} would do; you have ${exact(of.keys_now)}.`;
}

function explanation(of: Plan): string {
  const wait = of.p99_wait_ms_now < 1 ? "do not wait" : `wait up to ${latency(of.p99_wait_ms_now)}`;
  const fail = of.now.failed_share > 0 ? ` and ${share(of.now.failed_share)} of all fail` : "";
  return `With the ${plural(of.keys_now, "key")} of ${of.endpoint} as they are, 99 of 100 calls for ${of.model || "any model"} ${wait}${fail}.`;
}

function NothingToPlan() {
  return (
    <Empty title="Nothing to plan yet">
      <p>No endpoint has a key. Set one and start the gateway again; once calls went through it, this page tells how many keys they need.</p>
      <pre>OPENAI_API_KEY=sk-first,sk-second keypool serve</pre>
    </Empty>
  );
}
