import { useEffect, useMemo, useState } from "preact/hooks";
import { usage, usageCsv } from "./api";
import { count, exact, percent, periodName, usd } from "./format";
import { live, useLive } from "./live";
import { Choice, Empty, OnlyChip, Tile } from "./parts";
import type { Route } from "./route";
import { Stack, type Part } from "./stack";
import { complain } from "./toast";
import { usageGroups, type Usage, type UsageFigures, type UsageGroup, type UsageRow } from "./types";
import { askedFor, measures, namedEvery, periodsOf, ranges, usageHref, viewOf, type MeasureName, type UsageView } from "./usage_query";

/** As many groups at most come as rows of the table, */
const kRows = 1000;
/** are told apart in time, */
const kInTime = 50;
/** and have a colour of their own in the bars. */
const kColors = 6;
const kAgainAfter = 4; // beats

const kWord: Record<UsageGroup, string> = { model: "Model", key: "Key", client: "Client", endpoint: "Endpoint" };
const kNobody: Record<UsageGroup, string> = { model: "no model named", key: "no key", client: "no client named", endpoint: "–" };

const idOf = (row: UsageRow, split: UsageGroup) =>
  split === "key" ? `${row.endpoint ?? ""}\n${row.key ?? ""}` : (row[split] ?? "");
const nameOf = (row: UsageRow, split: UsageGroup) => row[split] || kNobody[split];
const valueOf = (measure: MeasureName) => (measure === "cost" ? usd : count);

interface Answers {
  groups: Usage;
  inTime: Usage;
  toldApart: boolean; // there are few enough groups for that
  view: UsageView;
}

async function answersFor(view: UsageView, signal: AbortSignal): Promise<Answers> {
  const query = askedFor(view);
  const groups = await usage({ ...query, by: "none", group: view.split }, kRows, signal);
  const toldApart = groups.rows.length <= kInTime;
  const inTime = await usage(
    { ...query, by: view.by, group: toldApart ? view.split : "" },
    100_000,
    signal,
  );
  return { groups, inTime, toldApart, view };
}

export function UsagePage({ route, theme }: { route: Route; theme: string }) {
  const { beat, connection } = useLive();
  const address = route.query.toString();
  const view = useMemo(() => viewOf(route), [address]);
  const [answers, setAnswers] = useState<Answers | null>(null);

  useEffect(() => {
    const given = new AbortController();
    answersFor(view, given.signal).then(setAnswers, (problem) => {
      if (!given.signal.aborted && !(problem instanceof TypeError)) complain(problem);
    });
    return () => given.abort();
  }, [view, Math.floor(beat / kAgainAfter), connection]);

  return (
    <>
      <div class="heading">
        <h1>Usage</h1>
        <Ranges view={view} />
      </div>
      <Chosen view={view} />
      {!answers ? (
        <p class="loading">Asking the gateway…</p>
      ) : answers.groups.total.calls === 0 ? (
        <NothingUsed view={answers.view} />
      ) : (
        <Figures answers={answers} theme={theme} />
      )}
    </>
  );
}

const go = (view: UsageView, change: Partial<UsageView>) => {
  location.hash = usageHref(view, change);
};

function Ranges({ view }: { view: UsageView }) {
  const dates = (change: Partial<UsageView>) => {
    const next = { ...view, ...change };
    if (next.from && next.to && next.from <= next.to) go(view, { ...change, range: "dates" });
  };
  return (
    <div class="ranges">
      <Choice
        label="Range"
        value={view.range}
        options={Object.entries(ranges).map(([value, { name }]) => ({ value, name }))}
        onChoose={(range) => go(view, { range: range as UsageView["range"] })}
      />
      <span class="dates">
        <input type="date" aria-label="From" value={view.from} max={view.to}
          onChange={(event) => dates({ from: event.currentTarget.value })} />
        <span aria-hidden="true">–</span>
        <input type="date" aria-label="To" value={view.to} min={view.from}
          onChange={(event) => dates({ to: event.currentTarget.value })} />
        <abbr class="faint" title="Days begin at midnight UTC, as the providers' own bills do">UTC</abbr>
      </span>
    </div>
  );
}

function Chosen({ view }: { view: UsageView }) {
  const only = usageGroups.filter((group) => view.only[group] !== undefined);
  if (only.length === 0) return null;
  return (
    <ul class="only" aria-label="Only">
      {only.map((group) => {
        const { [group]: name, ...others } = view.only;
        return (
          <li key={group}>
            <OnlyChip what={kWord[group]} name={name || kNobody[group]} onClear={() => go(view, { only: others })} />
          </li>
        );
      })}
    </ul>
  );
}

function Figures({ answers, theme }: { answers: Answers; theme: string }) {
  const { groups, view } = answers;
  const rows = useMemo(
    () => [...groups.rows].sort((one, other) => measures[view.measure].of(other) - measures[view.measure].of(one)),
    [groups, view.measure],
  );
  return (
    <>
      <Totals of={groups.total} />
      <Bars answers={answers} rows={rows} theme={theme} />
      <Rows answers={answers} rows={rows} />
    </>
  );
}

function Totals({ of }: { of: UsageFigures }) {
  const { tokens, outcomes } = of;
  const unhappy = of.calls - outcomes.succeeded;
  const parts = [
    ["rate limited", outcomes.rate_limited],
    ["refused", outcomes.refused],
    ["failed", outcomes.failed],
    ["hung up", outcomes.hung_up],
  ] as const;
  return (
    <div class="tiles">
      <Tile name="Cost" value={<b data-value="cost" title={`$${of.cost_usd}`}>{usd(of.cost_usd)}</b>}
        note={of.calls > 0 ? `${usd(of.cost_usd / of.calls)} a request` : undefined} />
      <Tile name="Tokens in" value={<b data-value="input" title={exact(tokens.input)}>{count(tokens.input)}</b>}
        note={tokens.cached_input > 0 ? `${percent(tokens.cached_input / Math.max(1, tokens.input))} from the provider's cache` : "none from a cache"} />
      <Tile name="Tokens out" value={<b data-value="output" title={exact(tokens.output)}>{count(tokens.output)}</b>}
        note={tokens.reasoning > 0 ? `${count(tokens.reasoning)} of them reasoning` : "none of them reasoning"} />
      <Tile name="Requests to providers" value={<b data-value="calls">{exact(of.calls)}</b>}
        note={unhappy === 0 ? "all succeeded" : parts.filter(([, times]) => times > 0).map(([word, times]) => `${count(times)} ${word}`).join(" · ")} />
      <Tile name="Estimated" value={<b>{percent(of.estimated / Math.max(1, of.calls))}</b>}
        note="where the provider told no usage" />
    </div>
  );
}

function partsOf(answers: Answers, rows: UsageRow[], starts: string[]): Part[] {
  const { inTime, toldApart, view } = answers;
  const measure = measures[view.measure].of;
  const index = new Map(starts.map((start, i) => [Date.parse(start), i]));
  const empty = () => new Array<number>(starts.length).fill(0);
  if (!toldApart) {
    const all: Part = { name: "all together", color: "--part-1", values: empty() };
    for (const row of inTime.rows) all.values[index.get(Date.parse(row.start!)) ?? -1] = measure(row);
    return [all];
  }
  const parts = rows.slice(0, kColors).map((row, i): Part => ({
    name: nameOf(row, view.split),
    color: `--part-${i + 1}`,
    values: empty(),
  }));
  const others: Part = { name: "others", color: "--part-others", values: empty() };
  const partOf = new Map(rows.slice(0, kColors).map((row, i) => [idOf(row, view.split), parts[i]!]));
  for (const row of inTime.rows) {
    const at = index.get(Date.parse(row.start!));
    if (at !== undefined) (partOf.get(idOf(row, view.split)) ?? others).values[at]! += measure(row);
  }
  return rows.length > kColors ? [...parts, others] : parts;
}

function Bars({ answers, rows, theme }: { answers: Answers; rows: UsageRow[]; theme: string }) {
  const { view, toldApart } = answers;
  const [starts, parts] = useMemo(() => {
    const periods = periodsOf(view);
    return [periods, partsOf(answers, rows, periods)];
  }, [answers, rows]);
  const title = `${measures[view.measure].name} by ${view.by}`;
  const names = useMemo(() => starts.map((start) => periodName(start, view.by)), [starts, view.by]);
  return (
    <section class="chart" aria-label={title}>
      <div class="chart-head">
        <h2>{title}</h2>
        <div class="chart-choices">
          <Choice label="What is shown" value={view.measure}
            options={Object.entries(measures).map(([value, { name }]) => ({ value, name }))}
            onChoose={(measure) => go(view, { measure: measure as MeasureName })} />
          <Choice label="Each bar" value={view.by}
            options={["hour", "day", "month"].map((by) => ({ value: by, name: by }))}
            onChoose={(by) => go(view, { by: by as UsageView["by"] })} />
        </div>
      </div>
      <Stack title={title} periods={names} steps={namedEvery[view.by]} parts={parts} value={valueOf(view.measure)} theme={theme} />
      {!toldApart && (
        <p class="faint">Too many {view.split}s to tell apart in the bars; choose one below to see it alone.</p>
      )}
    </section>
  );
}

function Rows({ answers, rows }: { answers: Answers; rows: UsageRow[] }) {
  const { groups, view, toldApart } = answers;
  const measure = measures[view.measure].of;
  const most = Math.max(1e-12, measure(groups.total));
  const csv = async () => {
    try {
      const blob = await usageCsv({ ...askedFor(view), by: view.by, group: view.split });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `keypool-usage-${view.from}-${view.to}-by-${view.split}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } catch (problem) {
      complain(problem);
    }
  };
  return (
    <section class="usage-rows" aria-label="Usage in figures">
      <div class="usage-rows-head">
        <Choice label="Told apart by" value={view.split}
          options={usageGroups.map((group) => ({ value: group, name: kWord[group] }))}
          onChoose={(split) => go(view, { split: split as UsageGroup })} />
        <button type="button" onClick={csv}>Download CSV</button>
      </div>
      <div class="figures-table" tabIndex={0} role="region" aria-label="Table">
        <table>
          <thead>
            <tr>
              <th scope="col">{kWord[view.split]}</th>
              <th scope="col" class="share-head">Share of {measures[view.measure].name.toLowerCase()}</th>
              <th scope="col" class="number">Cost</th>
              <th scope="col" class="number">Tokens in</th>
              <th scope="col" class="number optional">cached</th>
              <th scope="col" class="number">Tokens out</th>
              <th scope="col" class="number">Requests</th>
              <th scope="col" class="number optional">not succeeded</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={idOf(row, view.split)} data-group={row[view.split]}>
                <th scope="row">
                  <button type="button" class="group" onClick={() => go(view, { only: only(view, row) })}
                    title="Show this alone">
                    {toldApart && <span class="swatch swatch-square" aria-hidden="true"
                      style={{ background: `var(--part-${i < kColors ? i + 1 : "others"})` }} />}
                    <span class="group-name">{nameOf(row, view.split)}</span>
                  </button>
                  {view.split === "key" && row.endpoint && <span class="faint">{row.endpoint}</span>}
                </th>
                <td class="share"><span class="share-bar" style={{ width: `${(measure(row) / most) * 100}%` }} /><span>{percent(measure(row) / most)}</span></td>
                <FigureCells of={row} />
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All</th>
              <td />
              <FigureCells of={groups.total} />
            </tr>
          </tfoot>
        </table>
      </div>
      {groups.more && <p class="faint">The first {exact(kRows)} by name. The CSV has up to 100,000 rows.</p>}
    </section>
  );
}

const only = (view: UsageView, row: UsageRow): UsageView["only"] => ({
  ...view.only,
  [view.split]: row[view.split] ?? "",
  ...(view.split === "key" && row.endpoint ? { endpoint: row.endpoint } : {}),
});

function FigureCells({ of }: { of: UsageFigures }) {
  const { tokens } = of;
  const unhappy = of.calls - of.outcomes.succeeded;
  return (
    <>
      <td class="number" title={`$${of.cost_usd}`}>{usd(of.cost_usd)}</td>
      <td class="number" title={exact(tokens.input)}>{count(tokens.input)}</td>
      <td class="number optional faint">{tokens.cached_input > 0 ? percent(tokens.cached_input / tokens.input) : "–"}</td>
      <td class="number" title={exact(tokens.output)}>{count(tokens.output)}</td>
      <td class="number">{exact(of.calls)}</td>
      <td class={`number optional ${unhappy > 0 ? "warn" : "faint"}`}>{unhappy > 0 ? exact(unhappy) : "–"}</td>
    </>
  );
}

function NothingUsed({ view }: { view: UsageView }) {
  const narrowed = Object.keys(view.only).length > 0;
  const example = live.overview?.endpoints[0]?.name ?? "openai";
  return (
    <Empty within title="Nothing was used in these days">
      {narrowed || view.range === "dates" ? (
        <p>Choose other days or take a filter away: <a href="#/usage">the last 30 days, everything</a>.</p>
      ) : (
        <>
          <p>Each call through the gateway is counted here with its tokens and what it cost. Point a program at it:</p>
          <pre>OPENAI_BASE_URL=http://127.0.0.1:8080/{example}/v1</pre>
        </>
      )}
    </Empty>
  );
}
