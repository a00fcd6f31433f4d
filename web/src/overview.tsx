import { useEffect, useMemo, useState } from "preact/hooks";
import { usage } from "./api";
import { Chart } from "./chart";
import { count, exact, latency, plural, rate, usd } from "./format";
import { useLive, type Second } from "./live";
import { Empty, StateBar, StateMark, Tile, Why } from "./parts";
import { keyHref, keysHref } from "./route";
import { keyStates, type EndpointOverview, type Overview, type UsageFigures } from "./types";

const kSpan = 300;

/** What today cost is asked for again every so many beats. */
const kCostEvery = 3;

/** Rates are means over so many seconds: a number can be read before it changes, and a line shows
    where it goes. */
const kMeanOver = 5;

function means(seconds: Second[], of: (second: Second) => number): number[] {
  let sum = 0;
  return seconds.map((second, i) => {
    sum += of(second);
    if (i >= kMeanOver) sum -= of(seconds[i - kMeanOver]!);
    return Math.max(0, sum / Math.min(i + 1, kMeanOver));
  });
}

const lately = (seconds: Second[], of: (second: Second) => number) =>
  means(seconds.slice(-kMeanOver), of).at(-1) ?? 0;

export function OverviewPage({ theme }: { theme: string }) {
  const { overview, seconds, beat } = useLive();
  const data = useMemo(() => {
    const shown = seconds.slice(-kSpan);
    const times = shown.map((second) => second.at);
    return {
      calls: [times, means(shown, (second) => second.calls), means(shown, (second) => second.failed)],
      tokens: [times, means(shown, (second) => second.input), means(shown, (second) => second.output)],
    };
  }, [beat]);
  if (!overview) return <p class="loading">Asking the gateway…</p>;
  return (
    <>
      <h1>Overview</h1>
      <Tiles overview={overview} seconds={seconds} />
      {overview.endpoints.length === 0 ? <NoEndpoints /> : null}
      <div class="charts">
        <Chart
          title="Calls per second"
          theme={theme}
          span={kSpan}
          least={1}
          data={data.calls}
          lines={[
            { name: "ended", color: "--chart-1", filled: true, value: rate },
            { name: "failed", color: "--bad", value: rate },
          ]}
        />
        <Chart
          title="Tokens per second"
          theme={theme}
          span={kSpan}
          least={10}
          data={data.tokens}
          lines={[
            { name: "in", color: "--chart-2", value: rate },
            { name: "out", color: "--chart-3", filled: true, value: rate },
          ]}
        />
      </div>
      <h2>Endpoints</h2>
      <div class="endpoints">
        {overview.endpoints.map((endpoint) => (
          <EndpointCard key={endpoint.name} endpoint={endpoint} />
        ))}
      </div>
    </>
  );
}

/** What was used since midnight UTC; nothing while it is not known. */
function useToday(): UsageFigures | null {
  const { beat } = useLive();
  const [today, setToday] = useState<UsageFigures | null>(null);
  useEffect(() => {
    const given = new AbortController();
    const from = new Date().toISOString().slice(0, 10);
    // A ledger that cannot be read is told of where one looks for it, on the page of usage.
    usage({ from, by: "none" }, 1, given.signal).then((answer) => setToday(answer.total), () => {});
    return () => given.abort();
  }, [Math.floor(beat / kCostEvery)]);
  return today;
}

function Tiles({ overview, seconds }: { overview: Overview; seconds: Second[] }) {
  const { calls, tokens, states } = overview;
  const failed = calls.refused + calls.broken + overview.astray;
  const out = overview.keys - states.ready;
  const today = useToday();
  return (
    <div class="tiles">
      <Tile
        name="Calls"
        value={<><b data-value="calls-rate">{rate(lately(seconds, (second) => second.calls))}</b><small> / s</small></>}
        note={<><span data-value="answered">{exact(calls.answered)}</span> answered{failed > 0 && <span class="warn"> · {exact(failed)} failed</span>}</>}
      />
      <Tile
        name="Tokens"
        value={<><b>{rate(lately(seconds, (second) => second.input + second.output))}</b><small> / s</small></>}
        note={<><span data-value="tokens-in">{count(tokens.input)}</span> in · <span data-value="tokens-out">{count(tokens.output)}</span> out</>}
      />
      <Tile
        name="Cost today"
        value={<b data-value="cost-today">{today ? usd(today.cost_usd) : "–"}</b>}
        note={<a href="#/usage?range=today">since midnight UTC</a>}
      />
      <Tile
        name="In flight"
        value={<b data-value="in-flight">{exact(overview.in_flight)}</b>}
        note={plural(overview.connections, "connection")}
      />
      <Tile
        name="Waiting"
        tone={overview.waiting > 0 ? "warn" : "plain"}
        value={<b data-value="waiting">{exact(overview.waiting)}</b>}
        note={overview.waiting > 0 ? "for a key with room" : "nobody waits for a key"}
      />
      <Tile
        name="Keys ready"
        tone={overview.keys > 0 && states.ready === 0 ? "warn" : "plain"}
        value={<><b data-value="ready">{exact(states.ready)}</b><small> of {exact(overview.keys)}</small></>}
        note={out === 0 ? "none rests" : keyStates.filter((state) => state !== "ready" && states[state] > 0).map((state) => `${exact(states[state])} ${state}`).join(" · ")}
      />
      <Tile
        name="Rate limits met"
        value={<b data-value="rate-limits">{exact(overview.rate_limits)}</b>}
        note={overview.retries > 0 ? plural(overview.retries, "retry", "retries") : "429 from a provider"}
      />
    </div>
  );
}

function EndpointCard({ endpoint }: { endpoint: EndpointOverview }) {
  const { calls } = endpoint;
  const failed = calls.refused + calls.broken;
  const mean = endpoint.successes > 0 ? endpoint.total_latency_ms / endpoint.successes : null;
  return (
    <section class="card" aria-label={`Endpoint ${endpoint.name}`}>
      <header>
        <h3>{endpoint.keyless ? endpoint.name : <a href={keysHref({ endpoint: endpoint.name })}>{endpoint.name}</a>}</h3>
        <p class="faint">{endpoint.base_url} · {endpoint.dialect}</p>
      </header>
      <dl class="figures">
        <div><dt>answered</dt><dd>{count(calls.answered)}</dd></div>
        <div class={failed > 0 ? "warn" : ""}><dt>failed</dt><dd>{count(failed)}</dd></div>
        <div><dt>in flight</dt><dd>{exact(endpoint.in_flight)}</dd></div>
        <div class={endpoint.waiting > 0 ? "warn" : ""}><dt>waiting</dt><dd>{exact(endpoint.waiting)}</dd></div>
        {endpoint.fallbacks > 0 && <div><dt>passed on</dt><dd>{count(endpoint.fallbacks)}</dd></div>}
        <div><dt>429s</dt><dd>{count(endpoint.rate_limits)}</dd></div>
        <div><dt>latency</dt><dd>{mean === null ? "–" : latency(mean)}</dd></div>
      </dl>
      {endpoint.keyless ? (
        <p class="faint">A server without keys: nothing to run out of.</p>
      ) : endpoint.keys === 0 ? (
        <p class="warn">It has no key. Put one in its environment variable and start the gateway again; <code>keypool check</code> tells which names were looked up.</p>
      ) : (
        <>
          <StateBar states={endpoint.states} total={endpoint.keys} />
          <ul class="counts">
            {keyStates.filter((state) => endpoint.states[state] > 0).map((state) => (
              <li key={state}>
                <a href={keysHref({ endpoint: endpoint.name, state })}>
                  <StateMark state={state} /> <b>{exact(endpoint.states[state])}</b>
                </a>
              </li>
            ))}
          </ul>
          <RestingKeys endpoint={endpoint} />
        </>
      )}
    </section>
  );
}

function RestingKeys({ endpoint }: { endpoint: EndpointOverview }) {
  if (endpoint.resting.length === 0) return null;
  const all = endpoint.states.cooling + endpoint.states.depleted + endpoint.states.invalid;
  return (
    <ul class="resting">
      {endpoint.resting.map((key) => (
        <li key={key.name}>
          <a href={keyHref(endpoint.name, key.name)}>{key.name}</a>
          <span class="why"><Why of={key} /></span>
        </li>
      ))}
      {all > endpoint.resting.length && (
        <li>
          <a href={keysHref({ endpoint: endpoint.name, state: "cooling,depleted,invalid", sort: "until" })}>
            and {exact(all - endpoint.resting.length)} more
          </a>
        </li>
      )}
    </ul>
  );
}

function NoEndpoints() {
  return (
    <Empty within title="No endpoint yet">
      <p>Set a key and start the gateway again:</p>
      <pre>OPENAI_API_KEY=… keypool serve</pre>
      <p>or write a <code>keypool.yaml</code>; <code>keypool check</code> tells what it finds.</p>
    </Empty>
  );
}
