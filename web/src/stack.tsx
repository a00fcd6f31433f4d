// Bars of parts, one after the other in time.
import { useMemo, useState } from "preact/hooks";
import uPlot from "uplot";
import { axisStyle, cssValue, gridStyle, usePlot } from "./plot";

export interface Part {
  name: string;
  color: string; // a custom property
  values: number[];
}

export interface StackProps {
  title: string;
  periods: string[]; // their names, one for each bar
  steps: readonly number[]; // bars between two names, so that they stand at round times
  parts: Part[]; // from the bottom to the top
  value: (value: number) => string;
  theme: string;
}

const kHeight = 260;

/** Each part drawn on top of those before it: the highest first, the others over it. */
function heaped(parts: Part[], bars: number): number[][] {
  const sum = new Array<number>(bars).fill(0);
  const heaps = parts.map((part) => part.values.map((value, i) => (sum[i]! += value)));
  return heaps.reverse();
}

const middleOf = (plot: uPlot, bar: number) => plot.valToPos(bar, "x");

function options(props: StackProps, width: number, onBar: (bar: number | null) => void): uPlot.Options {
  const bars = props.periods.length;
  return {
    width,
    height: kHeight,
    legend: { show: false },
    padding: [12, 12, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false },
      move: (plot, left, top) => [left < 0 ? left : middleOf(plot, plot.posToIdx(left)), top] },
    scales: {
      x: { time: false, range: () => [-0.5, Math.max(bars, 1) - 0.5] },
      y: { range: (_plot, _from, to) => [0, to > 0 ? to * 1.1 : 1] },
    },
    axes: [
      { ...axisStyle(), grid: { show: false }, size: 28,
        splits: (plot) => {
          const fit = Math.max(1, Math.floor(plot.width / 95));
          const step = props.steps.find((some) => bars / some <= fit) ?? Math.ceil(bars / fit);
          return Array.from({ length: Math.ceil(bars / step) }, (_, i) => i * step);
        },
        values: (_plot, splits) => splits.map((bar) => props.periods[bar] ?? "") },
      { ...axisStyle(), grid: gridStyle(), space: 42, size: 62,
        values: (_plot, values) => values.map(props.value) },
    ],
    series: [
      {},
      ...[...props.parts].reverse().map((part): uPlot.Series => ({
        label: part.name,
        fill: cssValue(part.color),
        stroke: cssValue("--card"),
        width: bars > 80 ? 0 : 0.75,
        points: { show: false },
        paths: uPlot.paths.bars!({ size: [bars > 40 ? 0.9 : 0.72, 56, 1] }),
      })),
    ],
    hooks: { setCursor: [(plot) => onBar(plot.cursor.idx ?? null)] },
  };
}

export function Stack(props: StackProps) {
  const { periods, parts, value } = props;
  const [bar, setBar] = useState<number | null>(null);
  const data = useMemo(() => [periods.map((_, i) => i), ...heaped(parts, periods.length)], [parts, periods]);
  const { place, plot } = usePlot((width) => options(props, width, setBar), data, [
    props.theme,
    props.title,
    periods.join(),
    parts.map((part) => part.name).join("\n"),
  ]);

  // The plot tells of the bar that its cursor came to.
  const goTo = (at: number | null) => {
    const drawn = plot.current;
    drawn?.setCursor({ left: at === null ? -10 : middleOf(drawn, at), top: 0 });
  };
  const step = (event: KeyboardEvent) => {
    const last = periods.length - 1;
    const at = bar ?? last + 1;
    const next = { ArrowLeft: at - 1, ArrowRight: bar === null ? 0 : at + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") goTo(null);
    if (next === undefined) return;
    event.preventDefault();
    goTo(Math.max(0, Math.min(last, next)));
  };
  const shown = bar !== null && bar < periods.length ? bar : null;
  const sum = (at: number) => parts.reduce((total, part) => total + (part.values[at] ?? 0), 0);
  return (
    <div class="stack">
      <div
        ref={place}
        class="plot plot-stack"
        role="slider"
        tabIndex={0}
        aria-label={`${props.title}: one bar after the other`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, periods.length - 1)}
        aria-valuenow={shown ?? 0}
        aria-valuetext={shown === null ? "no bar chosen" : `${periods[shown]}: ${value(sum(shown))}`}
        onKeyDown={step}
        onBlur={() => goTo(null)}
      />
      {shown !== null && (
        <BarTip
          title={periods[shown]!}
          share={(shown + 0.5) / periods.length}
          total={value(sum(shown))}
          parts={parts
            .map((part) => ({ part, value: part.values[shown] ?? 0 }))
            .filter((one) => one.value > 0)
            .sort((one, other) => other.value - one.value)}
          value={value}
        />
      )}
    </div>
  );
}

function BarTip(props: {
  title: string;
  share: number; // of the width, from the left
  total: string;
  parts: { part: Part; value: number }[];
  value: (value: number) => string;
}) {
  const side = props.share > 0.5 ? "tip-left" : "tip-right";
  return (
    <div class={`tip ${side}`} style={{ "--share": String(props.share) }} aria-hidden="true">
      <p><b>{props.title}</b><span>{props.total}</span></p>
      {props.parts.length > 1 && (
        <ul>
          {props.parts.map(({ part, value }) => (
            <li key={part.name}>
              <span class="swatch" style={{ background: `var(${part.color})` }} />
              <span class="tip-name">{part.name}</span>
              <span>{props.value(value)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
