// A table of any length: only the rows in sight are asked for and drawn.
import { useEffect, useRef, useState } from "preact/hooks";
import { keyPage, type KeyQuery } from "./api";
import { idOf, useLive } from "./live";
import type { Key, KeyCommand, KeyName, StateCounts } from "./types";
import { complain } from "./toast";

const kPage = 100;
const kBeyond = 8; // rows drawn above and below those in sight
const kPagesKept = 30;
/** A page in sight is asked for again every so many beats. */
const kRefreshEvery = 2;

export interface RowsProps {
  query: KeyQuery;
  version: number; // asked for anew when it changes
  columns: {
    name: string;
    sort: string;
    descendsFirst?: boolean;
    numeric?: boolean;
    optional?: boolean;
    cell: (key: Key) => preact.ComponentChild;
  }[];
  selected: ReadonlyMap<string, KeyName>;
  onToggle: (key: Key) => void;
  onCounts: (counts: { total: number; states: StateCounts | null }) => void;
  onSort: (sort: string, order: "asc" | "desc") => void;
  onAct: (what: KeyCommand, key: Key) => void;
}

/** The pages that are here, by number. */
type Pages = Map<number, Key[]>;

const narrow = matchMedia("(max-width: 820px)");

function useRowHeight(): number {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const follow = () => setNarrow(narrow.matches);
    narrow.addEventListener("change", follow);
    return () => narrow.removeEventListener("change", follow);
  }, []);
  return isNarrow ? 104 : 48;
}

/** Which rows are in sight. */
function useWindow(rowHeight: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ first: 0, rows: 20 });
  useEffect(() => {
    const element = scroller.current!;
    let frame = 0;
    const look = () => {
      frame = 0;
      const first = Math.floor(element.scrollTop / rowHeight);
      const rows = Math.ceil(element.clientHeight / rowHeight) + 1;
      setSight((old) => (old.first === first && old.rows === rows ? old : { first, rows }));
    };
    const later = () => (frame ||= requestAnimationFrame(look));
    element.addEventListener("scroll", later, { passive: true });
    const observer = new ResizeObserver(later);
    observer.observe(element);
    look();
    return () => {
      element.removeEventListener("scroll", later);
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [rowHeight]);
  return { scroller, sight };
}

export function KeyRows(props: RowsProps) {
  const { query, version, columns, selected } = props;
  const { beat, changes, connection } = useLive();
  const rowHeight = useRowHeight();
  const { scroller, sight } = useWindow(rowHeight);
  const pages = useRef<Pages>(new Map());
  const outdated = useRef(false); // what is here answers another question
  const [total, setTotal] = useState<number | null>(null);
  const [, redraw] = useState(0);

  const firstPage = Math.floor(sight.first / kPage);
  const lastPage = Math.floor((sight.first + sight.rows) / kPage);

  const load = async (number: number, signal: AbortSignal) => {
    try {
      const page = await keyPage(query, number * kPage, kPage, signal);
      if (outdated.current) pages.current.clear();
      outdated.current = false;
      pages.current.set(number, page.keys);
      for (const oldest of pages.current.keys()) {
        if (pages.current.size <= kPagesKept) break;
        if (oldest < firstPage || oldest > lastPage) pages.current.delete(oldest);
      }
      setTotal(page.total);
      props.onCounts({ total: page.total, states: page.states });
      redraw((times) => times + 1);
    } catch (problem) {
      // A lost connection is told of at the top of the page, and a request that was given up is none.
      if (!signal.aborted && !(problem instanceof TypeError)) complain(problem);
    }
  };

  const latest = useRef({ load, firstPage, lastPage });
  latest.current = { load, firstPage, lastPage };

  // Another question. The answer before stays in sight until the new one is there.
  useEffect(() => {
    outdated.current = true;
    scroller.current!.scrollTop = 0;
  }, [query]);

  // Pages that came into sight, once scrolling rests for a moment.
  useEffect(() => {
    const given = new AbortController();
    const timer = setTimeout(() => {
      for (let number = firstPage; number <= lastPage; number++) {
        if (outdated.current || !pages.current.has(number)) void load(number, given.signal);
      }
    }, 60);
    return () => {
      clearTimeout(timer);
      given.abort();
    };
  }, [query, firstPage, lastPage]);

  // What is in sight, again: now and then, after a command, and when the connection is back.
  useEffect(() => {
    if (outdated.current) return;
    const given = new AbortController();
    const now = latest.current;
    for (let number = now.firstPage; number <= now.lastPage; number++) {
      if (pages.current.has(number)) void now.load(number, given.signal);
    }
    return () => given.abort();
  }, [query, Math.floor(beat / kRefreshEvery), version, connection]);

  // A change of state is shown at once.
  useEffect(() => {
    const changed = new Map(changes.keys.map((key) => [idOf(key), key]));
    if (changed.size === 0) return;
    for (const keys of pages.current.values()) {
      keys.forEach((key, i) => {
        const now = changed.get(idOf(key));
        if (now) keys[i] = now;
      });
    }
    redraw((times) => times + 1);
  }, [changes]);

  const rows = [];
  const end = Math.min(total ?? 0, sight.first + sight.rows + kBeyond);
  for (let index = Math.max(0, sight.first - kBeyond); index < end; index++) {
    const key = pages.current.get(Math.floor(index / kPage))?.[index % kPage];
    rows.push(
      <Row
        key={index}
        index={index}
        top={index * rowHeight}
        height={rowHeight}
        of={key}
        columns={columns}
        selected={key !== undefined && selected.has(idOf(key))}
        onToggle={props.onToggle}
        onAct={props.onAct}
      />,
    );
  }
  return (
    <div class="table" role="table" aria-label="Keys" aria-rowcount={total === null ? -1 : total + 1}>
      <Head query={query} columns={columns} onSort={props.onSort} />
      <div class="rows" role="rowgroup" ref={scroller} tabIndex={0} aria-label="Rows">
        {total === 0 && (
          <div role="row">
            <p class="nothing" role="cell">
              No key fits. Take a filter away or search for less.
            </p>
          </div>
        )}
        <div class="rows-space" role="presentation" style={{ height: `${(total ?? 0) * rowHeight}px` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

function Head(props: Pick<RowsProps, "query" | "columns" | "onSort">) {
  const { query, columns, onSort } = props;
  return (
    <div class="head" role="rowgroup">
      <div class="row" role="row">
        <span class="cell cell-select" role="columnheader"><span class="hidden">Select</span></span>
        {columns.map((column) => {
          const sorted = query.sort === column.sort;
          const next = sorted
            ? query.order === "asc" ? "desc" : "asc"
            : column.descendsFirst ? "desc" : "asc";
          const arrow = sorted && (
            <span class="arrow" aria-hidden="true">{query.order === "asc" ? "↑" : "↓"}</span>
          );
          return (
            <span
              key={column.sort}
              role="columnheader"
              class={cellClass(column)}
              aria-sort={sorted ? (query.order === "asc" ? "ascending" : "descending") : "none"}
            >
              <button type="button" class="sort" onClick={() => onSort(column.sort, next)}>
                {column.numeric && arrow}
                {column.name}
                {!column.numeric && arrow}
              </button>
            </span>
          );
        })}
        <span class="cell cell-do" role="columnheader"><span class="hidden">Do</span></span>
      </div>
    </div>
  );
}

const cellClass = (column: RowsProps["columns"][number]) =>
  `cell cell-${column.sort}${column.numeric ? " number" : ""}${column.optional ? " optional" : ""}`;

function Row(props: {
  index: number;
  top: number;
  height: number;
  of: Key | undefined;
  columns: RowsProps["columns"];
  selected: boolean;
  onToggle: (key: Key) => void;
  onAct: (what: KeyCommand, key: Key) => void;
}) {
  const { index, top, height, of, columns } = props;
  const style = { transform: `translateY(${top}px)`, height: `${height}px` };
  if (!of) {
    return (
      <div class="row row-coming" role="row" aria-rowindex={index + 2} style={style}>
        <span class="cell" role="cell"><span class="hidden">loading</span></span>
      </div>
    );
  }
  const out = of.state === "disabled" || of.state === "draining";
  return (
    <div
      class={`row${props.selected ? " row-selected" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      data-key={of.name}
      style={style}
    >
      <span class="cell cell-select" role="cell">
        <input
          type="checkbox"
          aria-label={`Select ${of.name}`}
          checked={props.selected}
          onChange={() => props.onToggle(of)}
        />
      </span>
      {columns.map((column) => (
        <span key={column.sort} role="cell" class={cellClass(column)} data-name={column.name}>
          {column.cell(of)}
        </span>
      ))}
      <span class="cell cell-do" role="cell">
        <button type="button" onClick={() => props.onAct(out ? "enable" : "disable", of)}>
          {out ? "Enable" : "Disable"}
          <span class="hidden"> {of.name}</span>
        </button>
        {(of.state === "cooling" || of.state === "depleted" || of.state === "invalid") && (
          <button type="button" onClick={() => props.onAct("reset", of)}>
            Reset<span class="hidden"> {of.name}</span>
          </button>
        )}
      </span>
    </div>
  );
}
