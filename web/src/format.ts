const whole = new Intl.NumberFormat("en-US");

/** 1,234 · 12.3k · 4.56M: never more than five characters and a unit. */
export function count(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return whole.format(Math.round(value));
  for (const [unit, suffix] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= unit * 0.9995) {
      const scaled = value / unit;
      return `${scaled.toFixed(Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0)}${suffix}`;
    }
  }
  return whole.format(Math.round(value));
}

export const exact = (value: number) => whole.format(value);

/** 0.4 · 3.2 · 48 · 1,234 */
export function rate(value: number): string {
  if (value === 0) return "0";
  if (value < 0.05) return "< 0.1";
  return value < 10 ? value.toFixed(1) : count(value);
}

/** $0 · $0.0042 · $12.34 · $1,234 · $56.7k */
export function usd(value: number): string {
  if (value === 0) return "$0";
  if (value < 0.01) return `$${Number(value.toPrecision(2))}`;
  return value < 1000 ? `$${value.toFixed(2)}` : `$${count(value)}`;
}

export const percent = (share: number) => `${Math.round(share * 100)} %`;

export function latency(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}

/** How long until then, in the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const plural = (value: number, noun: string, several = `${noun}s`) =>
  `${exact(value)} ${value === 1 ? noun : several}`;

/** `tokens_per_minute` as people say it. */
export function dimension(name: string): string {
  return name.replaceAll("_", " ").replace(" per ", " / ");
}

export const modelName = (model: string) => (model === "" ? "any model" : model);

export const clockTime = (iso: string) =>
  new Date(iso).toLocaleString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    day: "numeric",
    month: "short",
  });

/** The beginning of an hour, a day or a month (UTC), as an axis shows it. */
export function periodName(start: string, by: string): string {
  const parts: Record<string, Intl.DateTimeFormatOptions> = {
    hour: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    day: { day: "numeric", month: "short" },
    month: { month: "short", year: "numeric" },
  };
  return new Date(start).toLocaleString("en-GB", { ...parts[by], timeZone: "UTC" });
}
