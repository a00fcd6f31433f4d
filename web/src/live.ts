// What the gateway tells each second, and what is kept of it for the charts.
import { useEffect, useState } from "preact/hooks";
import { listen } from "./events";
import { session } from "./session";
import type { Call, Key, KeyChanges, KeyName, Overview } from "./types";

export type Connection = "connecting" | "live" | "lost";

/** One second of the whole gateway. */
export interface Second {
  at: number; // in seconds, as uPlot wants them
  calls: number; // a second
  failed: number; // a second
  input: number; // tokens a second
  output: number;
  inFlight: number;
  waiting: number;
}

/** One second of one key. */
export interface KeySecond {
  at: number;
  load: number;
  used: number | null; // of its tightest limit, 0 to 1
  rateLimits: number; // in this second
  latency: number | null; // mean of the calls that ended in this second
}

const kSecondsKept = 900;
const kKeysKept = 2000;
/** Without a beat for so long the connection is taken for dead. */
const kSilence = 5000;
const kTryAgain = 1500;

interface Remembered {
  last: Key;
  seconds: KeySecond[];
}

class Live {
  connection: Connection = "connecting";
  overview: Overview | null = null;
  seconds: Second[] = [];
  changes: KeyChanges = { keys: [], left_out: 0 };
  /** Counts beats; also those that were missed. */
  beat = 0;

  private readonly listeners = new Set<() => void>();
  private readonly keys = new Map<string, Remembered>();
  private readonly callListeners = new Set<(call: Call) => void>();
  private stream = new AbortController();
  private watchdog = 0;

  start() {
    this.connect();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.connection === "lost") this.connect();
    });
    session.subscribe(() => this.connect());
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Each call as it ends. */
  onCall(listener: (call: Call) => void): () => void {
    this.callListeners.add(listener);
    return () => this.callListeners.delete(listener);
  }

  history(key: KeyName): readonly KeySecond[] {
    return this.keys.get(idOf(key))?.seconds ?? [];
  }

  /** Takes what was asked for beside the events into the history. */
  remember(key: Key) {
    const id = idOf(key);
    const known = this.keys.get(id);
    const at = Math.round(Date.now() / 1000);
    const second: KeySecond = {
      at,
      load: key.window_load,
      used: usedShare(key),
      rateLimits: known ? Math.max(0, key.rate_limits - known.last.rate_limits) : 0,
      latency: known ? meanLatency(known.last, key) : null,
    };
    if (!known) {
      if (this.keys.size >= kKeysKept) this.keys.delete(this.keys.keys().next().value!);
      this.keys.set(id, { last: key, seconds: [second] });
      return;
    }
    const latest = known.seconds.at(-1);
    if (latest && latest.at === at) {
      second.rateLimits += latest.rateLimits;
      second.latency ??= latest.latency;
      known.seconds.pop();
    }
    known.seconds.push(second);
    if (known.seconds.length > kSecondsKept) known.seconds.shift();
    known.last = key;
  }

  private connect() {
    this.stream.abort();
    clearTimeout(this.watchdog);
    if (session.asked) return this.forget();
    const stream = new AbortController();
    this.stream = stream;
    listen("/api/v1/events", stream.signal, (event, data) => {
      if (event === "overview") this.take(JSON.parse(data));
      if (event === "keys") this.takeKeys(JSON.parse(data));
      if (event === "call") this.takeCall(JSON.parse(data));
    }).catch(() => {
      if (!stream.signal.aborted) this.lose();
    });
    this.watch(kSilence);
  }

  /** Nothing stays in sight of who signs out. */
  private forget() {
    this.connection = "connecting";
    this.overview = null;
    this.seconds = [];
    this.changes = { keys: [], left_out: 0 };
    this.keys.clear();
    this.tell();
  }

  private watch(patience: number) {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.lose();
      this.connect();
    }, patience);
  }

  private lose() {
    if (session.asked) return;
    if (this.connection !== "lost") {
      this.connection = "lost";
      this.tell();
    }
    this.stream.abort();
    this.watch(kTryAgain);
  }

  private take(overview: Overview) {
    const before = this.overview;
    this.connection = "live";
    this.overview = overview;
    this.watch(kSilence);
    if (before) this.seconds.push(difference(before, overview));
    if (this.seconds.length > kSecondsKept) this.seconds.shift();
  }

  private takeKeys(changes: KeyChanges) {
    for (const key of changes.keys) this.remember(key);
    this.changes = changes;
    this.beat++;
    this.tell();
  }

  private takeCall(call: Call) {
    for (const listener of this.callListeners) listener(call);
  }

  private tell() {
    for (const listener of this.listeners) listener();
  }
}

export const idOf = (key: KeyName) => `${key.endpoint}\n${key.name}`;

/** Of the key's tightest limit; nothing while none is known. */
export function usedShare(key: Key): number | null {
  if (!key.headroom) return null;
  if (key.headroom.limit === 0) return 1;
  return Math.min(1, Math.max(0, 1 - key.headroom.left / key.headroom.limit));
}

function meanLatency(before: Key, now: Key): number | null {
  const ended = now.successes - before.successes;
  return ended > 0 ? (now.total_latency_ms - before.total_latency_ms) / ended : null;
}

const ended = (of: Overview) =>
  of.calls.answered + of.calls.refused + of.calls.broken + of.calls.hung_up + of.astray;
const failed = (of: Overview) => of.calls.refused + of.calls.broken + of.astray;

function difference(before: Overview, now: Overview): Second {
  const at = Date.parse(now.at) / 1000;
  const passed = Math.max(0.2, at - Date.parse(before.at) / 1000);
  // Counts that fell began anew: the gateway was started again.
  const each = (a: number, b: number) => Math.max(0, b - a) / passed;
  return {
    at,
    calls: each(ended(before), ended(now)),
    failed: each(failed(before), failed(now)),
    input: each(before.tokens.input, now.tokens.input),
    output: each(before.tokens.output, now.tokens.output),
    inFlight: now.in_flight,
    waiting: now.waiting,
  };
}

export const live = new Live();

/** Draws the component again at each beat. */
export function useLive(): Live {
  const [, redraw] = useState(0);
  useEffect(() => live.subscribe(() => redraw((times) => times + 1)), []);
  return live;
}
