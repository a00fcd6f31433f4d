// uPlot under Preact: made once, fed with each change, as wide as its place.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export const cssValue = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** As small as text gets, in the size that the screen asks for. */
export const plotFont = (scale = 1) =>
  `${0.79 * scale * parseFloat(getComputedStyle(document.documentElement).fontSize)}px system-ui, sans-serif`;

/** How every plot draws its axes. */
export const axisStyle = () => ({
  stroke: cssValue("--text-faint"),
  font: plotFont(),
  ticks: { show: false },
});

export const gridStyle = () => ({ stroke: cssValue("--line"), width: 1 });

/** `options` are asked for again when one of `anew` changes: colours are part of them. */
export function usePlot(
  options: (width: number) => uPlot.Options,
  data: (number | null)[][],
  anew: unknown[],
) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ options, data });
  latest.current = { options, data };

  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(
      latest.current.options(element.clientWidth),
      latest.current.data as uPlot.AlignedData,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: made.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, anew);

  useEffect(() => {
    plot.current?.setData(data as uPlot.AlignedData);
  }, [data]);

  return { place, plot };
}
