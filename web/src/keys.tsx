import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { KeyQuery } from "./api";
import { count, exact, latency, plural } from "./format";
import { idOf, useLive } from "./live";
import { KeyRows } from "./key_rows";
import { CommandButton, Empty, Headroom, StateMark, Why } from "./parts";
import { keyHref, keysHref, type Route } from "./route";
import { command } from "./toast";
import { keyCommands, keyStates, type Key, type KeyCommand, type KeyName, type KeyState } from "./types";

interface Column {
  name: string;
  sort: string;
  descendsFirst?: boolean;
  numeric?: boolean;
  optional?: boolean; // left out where there is little room
  cell: (key: Key) => preact.ComponentChild;
}

const columns: Column[] = [
  { name: "State", sort: "state", cell: (key) => <StateMark state={key.state} /> },
  { name: "Key", sort: "name", cell: (key) => (
      <>
        <a class="keyname" href={keyHref(key.endpoint, key.name)}>{key.name}</a>
        <span class="faint">{key.endpoint}</span>
      </>
    ) },
  { name: "Headroom", sort: "headroom", cell: (key) => <Headroom of={key} /> },
  { name: "Why and until when", sort: "until", cell: (key) => <Why of={key} /> },
  { name: "Load", sort: "load", descendsFirst: true, numeric: true, cell: (key) => count(key.window_load) },
  { name: "In flight", sort: "in_flight", descendsFirst: true, numeric: true, cell: (key) => exact(key.in_flight) },
  { name: "Requests", sort: "requests", descendsFirst: true, numeric: true, optional: true, cell: (key) => count(key.total_requests) },
  { name: "429s", sort: "rate_limits", descendsFirst: true, numeric: true, cell: (key) => count(key.rate_limits) },
  { name: "Failed", sort: "failures", descendsFirst: true, numeric: true, optional: true, cell: (key) => count(key.failures) },
  { name: "Tokens", sort: "tokens", descendsFirst: true, numeric: true, optional: true, cell: (key) => count(key.total_input_tokens + key.total_output_tokens) },
  { name: "Latency", sort: "latency", descendsFirst: true, numeric: true, optional: true, cell: (key) => (key.successes > 0 ? latency(key.average_latency_ms) : "–") },
];

function queryOf(route: Route): KeyQuery {
  const of = (name: string) => route.query.get(name) ?? "";
  return {
    endpoint: of("endpoint"),
    state: of("state"),
    search: of("search"),
    sort: of("sort"),
    order: of("order") === "desc" ? "desc" : "asc",
  };
}

/** Also the address of what is shown, so that it can be kept and passed on. */
function go(query: KeyQuery, change: Partial<KeyQuery>) {
  const next = { ...query, ...change };
  history.replaceState(null, "", keysHref({ ...next, order: next.order === "asc" ? "" : next.order }));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function KeysPage({ route }: { route: Route }) {
  const { overview } = useLive();
  const query = queryOf(route);
  const address = JSON.stringify(query);
  const steady = useMemo(() => query, [address]);
  const [selected, setSelected] = useState<ReadonlyMap<string, KeyName>>(new Map());
  const [version, setVersion] = useState(0);
  const [counts, setCounts] = useState({ total: 0, states: null as Record<KeyState, number> | null });
  useEffect(() => setSelected(new Map()), [steady.endpoint, steady.state, steady.search]);

  const act = async (what: KeyCommand, whom: { keys: KeyName[] } | { endpoint: string }) => {
    await command(what, whom, () => setVersion((times) => times + 1));
  };
  const toggle = (key: Key) => {
    const next = new Map(selected);
    if (!next.delete(idOf(key))) next.set(idOf(key), { endpoint: key.endpoint, name: key.name });
    setSelected(next);
  };
  const withKeys = overview?.endpoints.filter((endpoint) => !endpoint.keyless) ?? [];

  if (overview && overview.keys === 0) return <NoKeys />;
  return (
    <div class="keys">
      <h1>Keys</h1>
      <Toolbar query={steady} endpoints={withKeys.map((endpoint) => endpoint.name)} states={counts.states} />
      <Actions
        selected={selected}
        endpoint={steady.endpoint}
        total={counts.total}
        clear={() => setSelected(new Map())}
        act={act}
      />
      <KeyRows
        query={steady}
        version={version}
        columns={columns}
        selected={selected}
        onToggle={toggle}
        onCounts={setCounts}
        onSort={(sort, order) => go(steady, { sort, order })}
        onAct={(what, key) => act(what, { keys: [{ endpoint: key.endpoint, name: key.name }] })}
      />
    </div>
  );
}

function Toolbar(props: {
  query: KeyQuery;
  endpoints: string[];
  states: Record<KeyState, number> | null;
}) {
  const { query, endpoints, states } = props;
  const [text, setText] = useState(query.search);
  const timer = useRef(0);
  useEffect(() => setText(query.search), [query.search]);
  const search = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go(query, { search: value.trim() }), 150);
  };
  const chosen = new Set(query.state.split(",").filter(Boolean));
  const choose = (state: KeyState) => {
    const next = new Set(chosen);
    if (!next.delete(state)) next.add(state);
    go(query, { state: keyStates.filter((one) => next.has(one)).join(",") });
  };
  const shown = keyStates.filter((state) => chosen.has(state) || (states?.[state] ?? 0) > 0);
  return (
    <div class="toolbar" role="search">
      <input
        type="search"
        placeholder="Search name or reason"
        aria-label="Search name or reason"
        value={text}
        onInput={(event) => search(event.currentTarget.value)}
      />
      {endpoints.length > 1 && (
        <select
          aria-label="Endpoint"
          value={query.endpoint}
          onChange={(event) => go(query, { endpoint: event.currentTarget.value })}
        >
          <option value="">All endpoints</option>
          {endpoints.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      )}
      <div class="chips" role="group" aria-label="State">
        {shown.map((state) => (
          <button
            key={state}
            type="button"
            class="chip"
            aria-pressed={chosen.has(state)}
            onClick={() => choose(state)}
          >
            <StateMark state={state} /> <b>{exact(states?.[state] ?? 0)}</b>
          </button>
        ))}
      </div>
    </div>
  );
}

function Actions(props: {
  selected: ReadonlyMap<string, KeyName>;
  endpoint: string;
  total: number;
  clear: () => void;
  act: (what: KeyCommand, whom: { keys: KeyName[] } | { endpoint: string }) => Promise<void>;
}) {
  const { selected, endpoint, total, clear, act } = props;
  const some = selected.size > 0;
  const whom = some ? { keys: [...selected.values()] } : endpoint ? { endpoint } : null;
  return (
    <div class="actions">
      <span class="actions-what" data-value="shown">
        {some ? `${plural(selected.size, "key")} selected` : plural(total, "key")}
      </span>
      {whom && (
        <>
          {!some && <span class="faint">all keys of {endpoint}:</span>}
          {keyCommands.map((what) => <CommandButton key={what} what={what} onAct={() => act(what, whom)} />)}
          {some && <button type="button" class="link" onClick={clear}>Clear selection</button>}
        </>
      )}
    </div>
  );
}

function NoKeys() {
  return (
    <Empty title="No keys yet">
      <p>keypool takes keys from the environment, from <code>~/.car/env</code> and from the keychain. Set one and start it again:</p>
      <pre>OPENAI_API_KEY=sk-first,sk-second keypool serve</pre>
      <p>A comma makes a list: each part becomes a key of its own.</p>
    </Empty>
  );
}
