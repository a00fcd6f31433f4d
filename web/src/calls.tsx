import { useEffect, useMemo, useState } from "preact/hooks";
import type { CallQuery } from "./api";
import { useTail } from "./call_tail";
import { CallRow } from "./call_row";
import { latency, plural } from "./format";
import { live } from "./live";
import { Empty } from "./parts";
import type { Route } from "./route";
import type { Call } from "./types";
import { words } from "./waterfall";

const kFields = ["endpoint", "outcome", "model", "key", "client"] as const;
const kOutcomes = ["answered", "refused", "broken", "hung_up"];

export function callsHref(query: Partial<CallQuery>): string {
  const filled = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return filled.size > 0 ? `#/calls?${filled}` : "#/calls";
}

export function CallsPage({ route }: { route: Route }) {
  const address = route.query.toString();
  const query = useMemo(
    () => Object.fromEntries(kFields.map((field) => [field, route.query.get(field) ?? ""])) as CallQuery,
    [address],
  );
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useState<Call["id"] | null>(null);
  const { shown, held, older, askForOlder } = useTail(query, paused || open !== null);
  useEffect(() => setOpen(null), [query]);
  const span = useMemo(() => spanOf(shown ?? []), [shown]);
  const filtered = address !== "";
  const go = (change: Partial<CallQuery>) => {
    history.replaceState(null, "", callsHref({ ...query, ...change }));
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  const goOn = () => {
    setPaused(false);
    setOpen(null);
  };
  return (
    <>
      <div class="heading">
        <h1>Calls</h1>
        <div class="heading-do">
          <TailState paused={paused} reading={open !== null} held={held} onGoOn={goOn} />
          <button type="button" aria-pressed={paused} onClick={() => (paused ? goOn() : setPaused(true))}>
            {paused ? "Go on" : "Pause"}
          </button>
        </div>
      </div>
      <Filters query={query} shown={shown ?? []} go={go} />
      {shown === null ? (
        <p class="loading">Asking the gateway…</p>
      ) : shown.length === 0 ? (
        <NoCalls filtered={filtered} />
      ) : (
        <div class="calls">
          <Legend span={span} />
          <ol class="call-list" aria-label="Calls, newest first" onKeyDown={walk}>
            {shown.flatMap((call, i) => {
              const row = (
                <CallRow
                  key={call.id}
                  of={call}
                  span={span}
                  open={open === call.id}
                  onToggle={() => setOpen(open === call.id ? null : call.id)}
                  onOnly={go}
                />
              );
              // With filters the calls between are those that do not fit.
              const left = filtered || i === 0 ? 0 : shown[i - 1]!.id - call.id - 1;
              return left > 0 ? [<Gap key={`before ${call.id}`} calls={left} />, row] : [row];
            })}
          </ol>
          {older !== "none" && (
            <button type="button" class="older" disabled={older === "coming"} onClick={askForOlder}>
              {older === "coming" ? "Asking…" : "Older calls"}
            </button>
          )}
        </div>
      )}
    </>
  );
}

/** More came in one second than are told of as they end. */
const Gap = ({ calls }: { calls: number }) => (
  <li class="call-gap">{plural(calls, "call")} of the same moment left out</li>
);

function TailState(props: { paused: boolean; reading: boolean; held: number; onGoOn: () => void }) {
  const { paused, reading, held, onGoOn } = props;
  if (!paused && !reading) return <span class="faint">newest first, as they end</span>;
  if (held === 0) return <span class="faint">{paused ? "paused" : "held while you read"}</span>;
  return (
    <button type="button" class="link" onClick={onGoOn}>
      {held} new {held === 1 ? "call" : "calls"}
    </button>
  );
}

/** Arrow keys go from call to call. */
function walk(event: KeyboardEvent) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const target = event.target as HTMLElement;
  if (!step || !target.matches(".call-head")) return;
  const heads = [...target.closest("ol")!.querySelectorAll<HTMLElement>(".call-head")];
  heads[heads.indexOf(target) + step]?.focus();
  event.preventDefault();
}

/** Most calls fit into it; the longest few are cut. */
function spanOf(calls: Call[]): number {
  const longest = calls.map((call) => call.duration_ms).sort((one, other) => one - other);
  const most = longest[Math.floor(longest.length * 0.95)] ?? 1000;
  const size = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return size * [1, 2, 3, 4, 5, 6, 8, 10].find((times) => times * size >= most)!;
}

function Legend({ span }: { span: number }) {
  const kinds = [
    ["waiting", "waiting for a key"],
    ["good", "answered"],
    ["limited", "limited"],
    ["bad", "failed"],
    ["own", "the request's own fault"],
    ["gone", "hung up"],
  ];
  return (
    <ul class="legend calls-legend">
      {kinds.map(([kind, name]) => (
        <li key={kind}><span class={`swatch swatch-square piece-${kind}`} aria-hidden="true" />{name}</li>
      ))}
      <li class="calls-scale">full width {latency(span)}</li>
    </ul>
  );
}

function Filters(props: { query: CallQuery; shown: Call[]; go: (change: Partial<CallQuery>) => void }) {
  const { query, shown, go } = props;
  const endpoints = live.overview?.endpoints.map((endpoint) => endpoint.name) ?? [];
  const seen = useMemo(
    () => ({
      model: [...new Set(shown.map((call) => call.model))],
      client: [...new Set(shown.map((call) => call.client))],
      key: [...new Set(shown.flatMap((call) => call.attempts.map((attempt) => attempt.key)))],
    }),
    [shown],
  );
  return (
    <div class="toolbar" role="search">
      <Pick label="Endpoint" all="All endpoints" value={query.endpoint} of={endpoints} onPick={(endpoint) => go({ endpoint })} />
      <Pick label="Outcome" all="All outcomes" value={query.outcome} of={kOutcomes} onPick={(outcome) => go({ outcome })} />
      {(["model", "key", "client"] as const).map((field) => (
        <span key={field} class="call-filter">
          <input
            type="search"
            list={`seen-${field}`}
            aria-label={`Only this ${field}`}
            placeholder={`Any ${field}`}
            value={query[field]}
            onChange={(event) => go({ [field]: event.currentTarget.value.trim() })}
          />
          <datalist id={`seen-${field}`}>
            {seen[field].filter(Boolean).map((name) => <option key={name} value={name} />)}
          </datalist>
        </span>
      ))}
    </div>
  );
}

function Pick(props: { label: string; all: string; value: string; of: string[]; onPick: (value: string) => void }) {
  const { label, all, value, of, onPick } = props;
  const options = value && !of.includes(value) ? [...of, value] : of;
  return (
    <select aria-label={label} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
      <option value="">{all}</option>
      {options.map((name) => <option key={name} value={name}>{words(name)}</option>)}
    </select>
  );
}

function NoCalls({ filtered }: { filtered: boolean }) {
  return (
    <Empty within title={filtered ? "No call fits" : "No call yet"}>
      {filtered ? (
        <p>The latest calls hold none like it. <a href="#/calls">Show all calls</a>, or leave the page open: one that fits shows up when it ends.</p>
      ) : (
        <>
          <p>Each call shows up here the moment it ends, with every key that was tried and why. Make one:</p>
          <pre>{`curl http://127.0.0.1:8080/${live.overview?.endpoints[0]?.name ?? "openai"}/v1/models`}</pre>
          <p class="faint">Only when, who, which model and key, tokens and cost are kept, never what was asked or answered.</p>
        </>
      )}
    </Empty>
  );
}
