import type { CallQuery } from "./api";
import { clockTime, count, exact, latency, modelName, usd } from "./format";
import { keyHref } from "./route";
import type { Call, UsageTokens } from "./types";
import { Timeline, toneOf, Waterfall, words } from "./waterfall";

interface RowProps {
  of: Call;
  span: number; // of the timeline, milliseconds
  open: boolean;
  onToggle: () => void;
  onOnly: (change: Partial<CallQuery>) => void;
}

const timeOf = (call: Call) => new Date(call.at).toTimeString().slice(0, 8);
const keysOf = (call: Call) => call.attempts.map((attempt) => attempt.key).filter(Boolean);

export function CallRow({ of, span, open, onToggle, onOnly }: RowProps) {
  const keys = keysOf(of);
  const stepped = keys.length > 1 ? keys.length - 1 : 0;
  return (
    <li class={open ? "call call-open" : "call"} data-call={of.id}>
      <button type="button" class="call-head" aria-expanded={open} onClick={onToggle}
        onKeyDown={(event) => event.key === "Escape" && open && onToggle()}>
        <span class="call-time">{timeOf(of)}</span>
        <span class={`call-outcome tone-${toneOf(of.outcome, of.status)}`}>
          <span class="dot" aria-hidden="true" />
          <span class="call-status">{of.status || "–"}</span>
          <span class="call-word">{words(of.outcome)}</span>
        </span>
        <span class="call-what">
          <b>{modelName(of.model)}</b>
          <span class="faint">{of.endpoint}{of.client && ` · ${of.client}`}</span>
        </span>
        <span class="call-key">
          <span>{keys.at(-1) ?? "no key"}</span>
          {stepped > 0 && <span class="faint">after {stepped === 1 ? "1 other" : `${stepped} others`}</span>}
        </span>
        <Timeline of={of} span={span} />
        <span class="call-took number">{latency(of.duration_ms)}</span>
        <span class="call-tokens number">{count(of.tokens.input + of.tokens.output)}</span>
        <span class="call-cost number">{usd(of.cost_usd)}</span>
      </button>
      {open && <Details of={of} onOnly={onOnly} />}
    </li>
  );
}

const kTokenWords: [keyof UsageTokens, string][] = [
  ["input", "in"],
  ["cached_input", "of them cached"],
  ["cache_write", "written to a cache"],
  ["output", "out"],
  ["reasoning", "of them reasoning"],
];

function Details({ of, onOnly }: { of: Call; onOnly: RowProps["onOnly"] }) {
  const tokens = kTokenWords
    .filter(([kind]) => of.tokens[kind] > 0)
    .map(([kind, word]) => `${exact(of.tokens[kind])} ${word}`);
  const last = keysOf(of).at(-1);
  return (
    <div class="call-details">
      <Waterfall of={of} />
      <dl class="call-facts">
        <div><dt>Request</dt><dd><code>{of.method} {of.path}</code></dd></div>
        <div><dt>Came</dt><dd>{clockTime(of.at)}</dd></div>
        <div><dt>Ended</dt><dd>after {latency(of.duration_ms)}: {of.status || "no status"}, {words(of.outcome)}</dd></div>
        <div><dt>Waited for a key</dt><dd>{of.waited_ms > 0 ? latency(of.waited_ms) : "not at all"}</dd></div>
        <div><dt>First byte</dt><dd>{of.first_byte_ms === null ? "none came" : `after ${latency(of.first_byte_ms)}`}</dd></div>
        <div><dt>Tokens</dt><dd>{tokens.length > 0 ? tokens.join(", ") : "none counted"}</dd></div>
        <div><dt>Cost</dt><dd><span title={`$${of.cost_usd}`}>{usd(of.cost_usd)}</span></dd></div>
        {of.trace_id && <div><dt>Trace</dt><dd><code>{of.trace_id}</code></dd></div>}
      </dl>
      <p class="call-links">
        {last && <a href={keyHref(of.endpoint, last)}>Open {last}</a>}
        {of.model && <button type="button" class="link" onClick={() => onOnly({ model: of.model })}>Only {of.model}</button>}
        {of.client && <button type="button" class="link" onClick={() => onOnly({ client: of.client })}>Only {of.client}</button>}
        {last && <button type="button" class="link" onClick={() => onOnly({ key: last })}>Only {last}</button>}
      </p>
    </div>
  );
}
