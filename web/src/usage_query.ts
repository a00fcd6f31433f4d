// What the page of usage shows, kept in its address.
import type { UsageQuery } from "./api";
import type { Route } from "./route";
import { usageGroups, type UsageFigures, type UsageGroup } from "./types";

export const ranges = {
  today: { name: "Today", days: 1, by: "hour" },
  "7d": { name: "7 days", days: 7, by: "day" },
  "30d": { name: "30 days", days: 30, by: "day" },
  "90d": { name: "90 days", days: 90, by: "day" },
  "1y": { name: "A year", days: 366, by: "month" },
} as const;
export type Range = keyof typeof ranges;

interface Measure {
  name: string;
  of: (figures: UsageFigures) => number;
}

export const measures = {
  cost: { name: "Cost", of: (figures) => figures.cost_usd },
  tokens: { name: "Tokens", of: (figures) => figures.tokens.input + figures.tokens.output },
  calls: { name: "Requests", of: (figures) => figures.calls },
} satisfies Record<string, Measure>;
export type MeasureName = keyof typeof measures;

export interface UsageView {
  range: Range | "dates";
  from: string; // days, UTC; the last one is part of it
  to: string;
  by: "hour" | "day" | "month";
  split: UsageGroup;
  measure: MeasureName;
  only: Partial<Record<UsageGroup, string>>;
}

/** How many bars lie between two names at the axis. */
export const namedEvery = { hour: [1, 2, 3, 6, 12, 24, 48, 96, 168], day: [1, 2, 7, 14, 28], month: [1, 2, 3, 6, 12] };

const kDay = 86_400_000;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
const isDay = (text: string | null): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !isNaN(Date.parse(text!));

export function viewOf(route: Route, now = Date.now()): UsageView {
  const given = (name: string) => route.query.get(name);
  const one = <T extends string>(name: string, of: readonly T[], otherwise: T): T =>
    of.find((known) => known === given(name)) ?? otherwise;
  const [from, to] = [given("from"), given("to")];
  const dates = isDay(from) && isDay(to) && from <= to;
  const range = one("range", Object.keys(ranges) as Range[], "30d");
  const days = dates ? (Date.parse(to) - Date.parse(from)) / kDay + 1 : ranges[range].days;
  return {
    range: dates ? "dates" : range,
    from: dates ? from : dayOf(now - (days - 1) * kDay),
    to: dates ? to : dayOf(now),
    by: one("by", ["hour", "day", "month"], dates ? fitting(days) : ranges[range].by),
    split: one("split", usageGroups, "model"),
    measure: one("measure", Object.keys(measures) as MeasureName[], "cost"),
    only: Object.fromEntries(
      usageGroups.flatMap((group) => (route.query.has(group) ? [[group, given(group)!]] : [])),
    ),
  };
}

const fitting = (days: number) => (days <= 2 ? "hour" : days <= 92 ? "day" : "month");

/** The address of the same view with something changed; what is usual is left out. */
export function usageHref(view: UsageView, change: Partial<UsageView> = {}): string {
  const next = { ...view, ...change };
  const query = new URLSearchParams();
  if (next.range === "dates") {
    query.set("from", next.from);
    query.set("to", next.to);
  } else if (next.range !== "30d") query.set("range", next.range);
  if (change.by) query.set("by", change.by);
  if (next.split !== "model") query.set("split", next.split);
  if (next.measure !== "cost") query.set("measure", next.measure);
  for (const [group, name] of Object.entries(next.only)) query.set(group, name);
  return query.size > 0 ? `#/usage?${query}` : "#/usage";
}

/** The gateway takes the end as the first moment that is no longer part. */
export const askedFor = (view: UsageView): Partial<UsageQuery> => ({
  from: view.from,
  to: dayOf(Date.parse(view.to) + kDay),
  ...view.only,
});

/** The beginning of each hour, day or month of the view, up to now. */
export function periodsOf(view: UsageView, now = Date.now()): string[] {
  const end = Math.min(Date.parse(view.to) + kDay, now);
  const at = new Date(Date.parse(view.from));
  if (view.by === "month") at.setUTCDate(1);
  const starts = [];
  while (at.getTime() < end) {
    starts.push(at.toISOString());
    if (view.by === "hour") at.setUTCHours(at.getUTCHours() + 1);
    else if (view.by === "day") at.setUTCDate(at.getUTCDate() + 1);
    else at.setUTCMonth(at.getUTCMonth() + 1);
  }
  return starts;
}
