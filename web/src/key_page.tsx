import { useEffect, useMemo, useState } from "preact/hooks";
import { oneKey, Refused } from "./api";
import { Chart } from "./chart";
import { clockTime, count, exact, latency, modelName, percent, plural } from "./format";
import { live, useLive, type KeySecond } from "./live";
import { CommandButton, Empty, limitWords, Meter, StateMark, Tile, TimeLeft, Why } from "./parts";
import { keysHref } from "./route";
import { command, complain } from "./toast";
import type { Key, KeyCommand, Lane, OneKey } from "./types";

const kSpan = 300;

export function KeyPage({ endpoint, name, theme }: { endpoint: string; name: string; theme: string }) {
  const { beat } = useLive();
  const [shown, setShown] = useState<OneKey | null>(null);
  const [gone, setGone] = useState(false);
  const [version, setVersion] = useState(0);

  useEffect(() => {
    setShown(null);
    setGone(false);
  }, [endpoint, name]);

  useEffect(() => {
    const given = new AbortController();
    oneKey({ endpoint, name }, given.signal).then(
      (answer) => {
        live.remember(answer.key);
        setShown(answer);
        setGone(false);
      },
      (problem) => {
        if (problem instanceof Refused && problem.status === 404) setGone(true);
        else if (!given.signal.aborted && !(problem instanceof TypeError)) complain(problem);
      },
    );
    return () => given.abort();
  }, [endpoint, name, beat, version]);

  if (gone) {
    return (
      <Empty title="There is no such key">
        <p><b>{name}</b> is not a key of <b>{endpoint}</b>. It may have been removed.</p>
        <p><a href="#/keys">All keys</a></p>
      </Empty>
    );
  }
  if (!shown) return <p class="loading">Asking the gateway…</p>;
  const act = (what: KeyCommand) =>
    command(what, { keys: [{ endpoint, name }] }, () => setVersion((times) => times + 1));
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href="#/keys">Keys</a> / <a href={keysHref({ endpoint })}>{endpoint}</a>
      </nav>
      <Heading of={shown.key} act={act} />
      <Figures of={shown.key} />
      <Charts of={shown.key} theme={theme} />
      <Lanes lanes={shown.lanes} />
    </>
  );
}

function Heading({ of, act }: { of: Key; act: (what: KeyCommand) => void }) {
  const out = of.state === "disabled" || of.state === "draining";
  const rests = of.state === "cooling" || of.state === "depleted" || of.state === "invalid";
  const offered: KeyCommand[] = [out ? "enable" : "disable", ...(out ? [] : ["drain" as const]), ...(rests ? ["probe" as const] : []), "reset"];
  return (
    <div class="heading">
      <div>
        <h1>{of.name}</h1>
        <p class="standing">
          <StateMark state={of.state} /> <span class="faint"><Why of={of} /></span>
        </p>
      </div>
      <div class="heading-do">
        {offered.map((what) => <CommandButton key={what} what={what} onAct={() => act(what)} />)}
      </div>
    </div>
  );
}

function Figures({ of }: { of: Key }) {
  const ended = of.successes + of.failures;
  return (
    <div class="tiles">
      <Tile
        name="Requests"
        value={<b data-value="requests">{exact(of.total_requests)}</b>}
        note={`${exact(of.in_flight)} in flight`}
      />
      <Tile
        name="Succeeded"
        value={<b>{ended > 0 ? percent(of.success_rate) : "–"}</b>}
        note={ended > 0 ? `${exact(of.successes)} of ${exact(ended)}, rate limits aside` : "no call has ended yet"}
      />
      <Tile
        name="Rate limits met"
        value={<b data-value="rate-limits">{exact(of.rate_limits)}</b>}
        note={of.last_rate_limit_at ? `last ${clockTime(of.last_rate_limit_at)}` : "none so far"}
      />
      <Tile
        name="Mean latency"
        value={<b>{of.successes > 0 ? latency(of.average_latency_ms) : "–"}</b>}
        note={of.last_success_at ? `last success ${clockTime(of.last_success_at)}` : "no success yet"}
      />
      <Tile
        name="Tokens"
        value={<b>{count(of.total_input_tokens + of.total_output_tokens)}</b>}
        note={`${count(of.total_input_tokens)} in · ${count(of.total_output_tokens)} out`}
      />
      {of.last_failure && (
        <Tile name="Last failure" tone="warn" value={<small>{of.last_failure}</small>} note={plural(of.failures, "failure")} />
      )}
    </div>
  );
}

const times = (seconds: readonly KeySecond[]) => seconds.map((second) => second.at);

function Charts({ of, theme }: { of: Key; theme: string }) {
  const seconds = live.history(of).slice(-kSpan);
  const stamp = `${seconds.length} ${seconds.at(-1)?.at}`;
  const known = of.headroom !== null;
  const data = useMemo(
    () => ({
      used: [times(seconds), seconds.map((second) => (known ? second.used : second.load))],
      limits: [times(seconds), seconds.map((second) => second.rateLimits)],
      latency: [times(seconds), seconds.map((second) => second.latency)],
    }),
    [stamp, known],
  );
  return (
    <div class="charts charts-key">
      <Chart
        key={known ? "used" : "load"}
        title={known ? "Load against its tightest limit" : "Load"}
        theme={theme}
        span={kSpan}
        least={1}
        data={data.used}
        lines={[{ name: known ? "used" : "tokens lately", color: "--chart-1", filled: true, value: known ? percent : count }]}
      />
      <Chart
        title="Rate limits met"
        theme={theme}
        span={kSpan}
        least={2}
        whole
        data={data.limits}
        lines={[{ name: "429s in a second", color: "--warn", bars: true, value: count }]}
      />
      <Chart
        title="Latency"
        theme={theme}
        span={kSpan}
        least={100}
        data={data.latency}
        lines={[{ name: "mean of the calls that ended", color: "--chart-3", value: latency }]}
      />
    </div>
  );
}

function Lanes({ lanes }: { lanes: Lane[] }) {
  return (
    <>
      <h2>Lanes</h2>
      {lanes.length === 0 ? (
        <p class="faint">
          No call has used this key yet. With the first one its models show up here, with the limits
          that the provider tells and what is left of them.
        </p>
      ) : (
        <ul class="lanes">
          {lanes.map((lane) => (
            <li key={lane.model} class="card">
              <header>
                <h3>{modelName(lane.model)}</h3>
                <p class="faint">
                  {exact(lane.in_flight)} in flight · {count(lane.load)} tokens lately
                  {lane.keys.length > 1 && ` · shared by ${plural(lane.keys.length, "key")}`}
                </p>
              </header>
              {lane.resting && (
                <p class="warn">
                  resting{lane.ready_in_ms !== null && <>, back in <TimeLeft ms={lane.ready_in_ms} /></>}
                </p>
              )}
              {lane.limits.length === 0 && <p class="faint">no limit known yet</p>}
              <ul class="limits">
                {lane.limits.map((limit) => {
                  const left = limit.limit === 0 ? 0 : Math.min(1, Math.max(0, limit.left / limit.limit));
                  return (
                    <li key={limit.dimension}>
                      <span>{limitWords(limit)}</span>
                      <Meter left={left} label={`${percent(left)} left`} />
                    </li>
                  );
                })}
              </ul>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
