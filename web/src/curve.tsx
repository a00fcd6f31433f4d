// What callers wait against the number of keys.
import { useMemo } from "preact/hooks";
import uPlot from "uplot";
import { exact, latency } from "./format";
import { axisStyle, cssValue, gridStyle, plotFont, usePlot } from "./plot";
import type { Plan, PlanPoint } from "./types";

const kHeight = 300;

function line(plot: uPlot, from: [number, number], to: [number, number], color: string, dash: number[]) {
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = cssValue(color);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.restore();
}

function label(plot: uPlot, text: string, x: number, y: number, color: string, align: CanvasTextAlign) {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `600 ${plotFont(devicePixelRatio)}`;
  ctx.fillStyle = cssValue(color);
  ctx.textAlign = align;
  ctx.fillText(text, x, y);
  ctx.restore();
}

/** The wait that was asked for, and the keys there are now. */
function marks(plot: uPlot, plan: Plan) {
  const { left, top, width, height } = plot.bbox;
  const small = 6 * devicePixelRatio;
  const wanted = plot.valToPos(plan.wait_ms, "y", true);
  line(plot, [left, wanted], [left + width, wanted], "--warn", [5, 4]);
  label(plot, `at most ${exact(plan.wait_ms / 1000)} s`, left + width - small, wanted - small, "--warn", "right");
  const now = plot.valToPos(plan.keys_now, "x", true);
  line(plot, [now, top], [now, top + height], "--text-faint", [2, 3]);
  const right = now < left + width / 2;
  label(plot, "now", now + (right ? small : -small), top + 2.2 * small, "--text-faint", right ? "left" : "right");
}

function options(plan: Plan, points: PlanPoint[], width: number): uPlot.Options {
  const keys = points.map((point) => point.keys);
  const [first, last] = [keys[0] ?? 0, keys.at(-1) ?? 1];
  const highest = Math.max(plan.wait_ms * 1.6, ...points.map((point) => point.p99_wait_ms), 100);
  const color = cssValue("--chart-1");
  const needed = points.findIndex((point) => point.keys === plan.keys_needed);
  return {
    width,
    height: kHeight,
    legend: { show: false },
    padding: [14, 20, 0, 0],
    cursor: { show: false },
    scales: {
      x: { time: false, range: () => [first - 0.3, last + 0.3] },
      y: { range: () => [0, highest * 1.08] },
    },
    axes: [
      { ...axisStyle(), grid: { show: false }, size: 24, space: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        label: "keys", labelSize: 16, labelFont: plotFont(),
        values: (_plot, values) => values.map(exact) },
      { ...axisStyle(), grid: gridStyle(), space: 42, size: 62, values: (_plot, values) => values.map(latency) },
    ],
    series: [
      {},
      { stroke: color, width: 2, fill: `${color}1c`,
        points: {
          show: true, size: 8, width: 2, stroke: color,
          fill: cssValue("--card"),
        } },
      { stroke: color, width: 0, points: { show: needed >= 0, size: 14, fill: color, stroke: cssValue("--card"), width: 2 } },
    ],
    hooks: { drawAxes: [(plot) => marks(plot, plan)] },
  };
}

export function Curve({ plan, points, theme }: { plan: Plan; points: PlanPoint[]; theme: string }) {
  const data = useMemo(
    () => [
      points.map((point) => point.keys),
      points.map((point) => point.p99_wait_ms),
      points.map((point) => (point.keys === plan.keys_needed ? point.p99_wait_ms : null)),
    ],
    [plan, points],
  );
  const { place } = usePlot((width) => options(plan, points, width), data, [theme, points]);
  const told = points.map((point) => `${point.keys} keys ${latency(point.p99_wait_ms)}`).join(", ");
  return (
    <figure class="chart">
      <figcaption><h2>What 99 of 100 calls wait at most, by keys</h2></figcaption>
      <div ref={place} class="plot" role="img" aria-label={told} />
    </figure>
  );
}
