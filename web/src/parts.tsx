// Small pieces that several pages show.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { dimension, duration, exact, modelName, percent } from "./format";
import { usedShare } from "./live";
import { keyStates, type Key, type KeyCommand, type KeyState, type Limit, type StateCounts } from "./types";

export function StateMark({ state }: { state: KeyState }) {
  return (
    <span class={`state state-${state}`}>
      <span class="dot" aria-hidden="true" />
      {state}
    </span>
  );
}

/** Counts down on its own clock from when it was told. */
export function TimeLeft({ ms }: { ms: number }) {
  const told = useRef({ ms, at: performance.now() });
  if (told.current.ms !== ms) told.current = { ms, at: performance.now() };
  const [, redraw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => redraw((times) => times + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return <>{duration(told.current.ms - (performance.now() - told.current.at))}</>;
}

/** `rate limit on gpt-4.1 · back in 12 s`; a key that was refused is only tried again. */
export function Why({ of }: { of: Pick<Key, "state" | "reason" | "ready_in_ms"> }) {
  return (
    <>
      {of.reason && <span class="reason">{of.reason}</span>}
      {of.reason && of.ready_in_ms !== null && <span class="between"> · </span>}
      {of.ready_in_ms !== null && (
        <span class="back">
          {of.state === "cooling" ? "back in " : "tried again in "}
          <TimeLeft ms={of.ready_in_ms} />
        </span>
      )}
    </>
  );
}

/** How much of a limit is left. */
export function Meter({ left, label }: { left: number; label: string }) {
  const level = left <= 0.05 ? "empty" : left <= 0.25 ? "low" : "fine";
  return (
    <span class={`meter meter-${level}`} role="img" aria-label={label} title={label}>
      <span class="meter-fill" style={{ width: `${Math.round(left * 100)}%` }} />
    </span>
  );
}

export function limitWords(limit: Limit): string {
  const left = exact(Math.max(0, Math.round(limit.left)));
  return `${left} of ${exact(limit.limit)} ${dimension(limit.dimension)} left (${limit.source})`;
}

export function Headroom({ of }: { of: Key }) {
  const used = usedShare(of);
  if (used === null || !of.headroom) return <span class="faint">no limit known</span>;
  return (
    <span class="headroom">
      <Meter left={1 - used} label={`${limitWords(of.headroom)} on ${modelName(of.headroom.model)}`} />
      <span class="number">{percent(1 - used)}</span>
    </span>
  );
}

/** The states of many keys as one bar. */
export function StateBar({ states, total }: { states: StateCounts; total: number }) {
  const present = keyStates.filter((state) => states[state] > 0);
  const words = present.map((state) => `${exact(states[state])} ${state}`).join(", ");
  return (
    <span class="statebar" role="img" aria-label={words} title={words}>
      {present.map((state) => (
        <span
          key={state}
          class={`statebar-part fill-${state}`}
          style={{ flexGrow: Math.max(states[state], total / 60) }}
        />
      ))}
    </span>
  );
}

export function Tile(props: {
  name: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  tone?: "plain" | "warn";
  children?: ComponentChildren;
}) {
  return (
    <section class={`tile tile-${props.tone ?? "plain"}`} aria-label={props.name}>
      <h2>{props.name}</h2>
      <p class="value">{props.value}</p>
      {props.note !== undefined && <p class="note">{props.note}</p>}
      {props.children}
    </section>
  );
}

/** Instead of a whole page, or of a part of one that has a heading already. */
export function Empty(props: { title: string; within?: boolean; children: ComponentChildren }) {
  const { title, within, children } = props;
  return (
    <div class="empty">
      {within ? <h2>{title}</h2> : <h1>{title}</h1>}
      {children}
    </div>
  );
}

/** One of a few, all in sight. */
export function Choice(props: {
  label: string;
  value: string;
  options: { value: string; name: string }[];
  onChoose: (value: string) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={props.label}>
      {props.options.map(({ value, name }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onChoose(value)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** `Model gpt-4.1 ×`: nothing else is shown. */
export function OnlyChip({ what, name, onClear }: { what: string; name: string; onClear: () => void }) {
  return (
    <button type="button" class="chip chip-only" aria-label={`${what} ${name}: show all again`} onClick={onClear}>
      <span class="faint">{what}</span> <b>{name}</b> <span aria-hidden="true">×</span>
    </button>
  );
}

const kMeaning: Record<KeyCommand, string> = {
  disable: "Takes it out of rotation until it is enabled",
  enable: "Puts it back into rotation",
  drain: "Gives it no new call; those that run end as they may",
  probe: "Ends its rest: the next call tries it and decides",
  reset: "Ends all its cooldowns and forgets why it was out",
};

export function CommandButton({ what, onAct }: { what: KeyCommand; onAct: () => void }) {
  return (
    <button type="button" title={kMeaning[what]} onClick={onAct}>
      {what[0]!.toUpperCase() + what.slice(1)}
    </button>
  );
}
