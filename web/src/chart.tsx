import uPlot from "uplot";
import { axisStyle, cssValue, gridStyle, usePlot } from "./plot";

export interface Line {
  name: string;
  color: string; // a custom property of style.css
  filled?: boolean;
  bars?: boolean;
  value: (value: number) => string;
}

export interface ChartProps {
  title: string;
  lines: Line[];
  /** Times in seconds, then one column for each line. */
  data: (number | null)[][];
  theme: string; // drawn anew when it changes
  height?: number;
  /** The least that the axis shows. */
  least: number;
  span: number; // seconds shown at most
  whole?: boolean; // the axis counts things
}

/** Fewer seconds than this would jump about. */
const kShortest = 60;

function series(line: Line): uPlot.Series {
  const color = cssValue(line.color);
  return {
    label: line.name,
    stroke: color,
    width: 1.75,
    spanGaps: true,
    points: { show: false },
    ...(line.filled ? { fill: `${color}22` } : {}),
    ...(line.bars ? { paths: uPlot.paths.bars!({ size: [0.8, 6, 2] }), fill: color, width: 0 } : {}),
  };
}

function options(props: ChartProps, width: number): uPlot.Options {
  const axis = axisStyle();
  const value = props.lines[0]!.value;
  return {
    width,
    height: props.height ?? 180,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    padding: [10, 20, 0, 0],
    scales: {
      x: { time: true, range: (_plot, from, to) => [to - Math.min(props.span, Math.max(kShortest, to - from)), to] },
      y: { range: (_plot, _from, to) => [0, Math.max(props.least, (to ?? 0) * 1.15)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 90, size: 26,
        values: (_plot, times) => times.map((at) => new Date(at * 1000).toTimeString().slice(0, 8)) },
      { ...axis, grid: gridStyle(), space: 36, size: 54,
        ...(props.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] } : {}),
        values: (_plot, values) => values.map(value) },
    ],
    series: [{}, ...props.lines.map(series)],
  };
}

export function Chart(props: ChartProps) {
  const { place } = usePlot((width) => options(props, width), props.data, [props.theme]);
  const now = props.lines.map((line, i) => {
    const value = props.data[i + 1]?.at(-1);
    return { line, text: value === null || value === undefined ? "–" : line.value(value) };
  });
  return (
    <figure class="chart">
      <figcaption>
        <h2>{props.title}</h2>
        <ul class="legend">
          {now.map(({ line, text }) => (
            <li key={line.name}>
              <span class="swatch" style={{ background: `var(${line.color})` }} aria-hidden="true" />
              {line.name} <b>{text}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={`${props.title}: ${now.map(({ line, text }) => `${line.name} ${text}`).join(", ")}`}
      />
    </figure>
  );
}
