// One call in time: what it waited for, each attempt, and the answer on its way.
import { latency } from "./format";
import type { Attempt, Call } from "./types";

/** How an attempt or a call that ended so is painted. */
export type Tone = "good" | "limited" | "bad" | "gone" | "own";

const kTones: Record<string, Tone> = {
  success: "good",
  throttled: "limited",
  depleted: "limited",
  request_fault: "own",
  hung_up: "gone",
};

/** Of an attempt's verdict or a call's outcome; what was answered may be the answer to a mistake. */
export function toneOf(word: string, status: number): Tone {
  if (word !== "answered") return kTones[word] ?? "bad";
  if (status === 429) return "limited";
  return status < 400 ? "good" : status < 500 ? "own" : "bad";
}

export const words = (name: string) => name.replaceAll("_", " ");

interface Piece {
  from: number; // milliseconds after the call came
  to: number;
  kind: "waiting" | Tone;
}

/** Attempts, what was waited before each, and the time to the first byte told apart in the last. */
export function piecesOf(call: Call): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const attempt of call.attempts) {
    if (attempt.started_ms > at) pieces.push({ from: at, to: attempt.started_ms, kind: "waiting" });
    pieces.push({ from: attempt.started_ms, to: attempt.ended_ms, kind: toneOf(attempt.verdict, attempt.status) });
    at = attempt.ended_ms;
  }
  if (call.duration_ms > at) {
    pieces.push({ from: at, to: call.duration_ms, kind: call.attempts.length === 0 ? "waiting" : toneOf(call.outcome, call.status) });
  }
  return pieces;
}

const place = (from: number, to: number, span: number) => ({
  left: `${Math.min(100, (from / span) * 100)}%`,
  width: `${Math.max(0, (Math.min(to, span) - Math.min(from, span)) / span) * 100}%`,
});

/** One line; what is longer than `span` runs out of it. */
export function Timeline({ of, span }: { of: Call; span: number }) {
  return (
    <span class={`timeline${of.duration_ms > span ? " timeline-cut" : ""}`} aria-hidden="true">
      {piecesOf(of).filter((piece) => piece.from < span).map((piece, i) => (
        <span key={i} class={`piece piece-${piece.kind}`} style={place(piece.from, piece.to, span)} />
      ))}
    </span>
  );
}

function sentence(attempt: Attempt): string {
  const status = attempt.status ? `${attempt.status}` : "no answer";
  return [status, words(attempt.verdict), attempt.why].filter(Boolean).join(" · ");
}

/** Milliseconds; stepping from one key to the next takes less. */
const kWorthALine = 10;

/** A line for each wait and each attempt, to scale. */
export function Waterfall({ of }: { of: Call }) {
  const span = Math.max(1, of.duration_ms, ...of.attempts.map((attempt) => attempt.ended_ms));
  const lines = [];
  let at = 0;
  for (const [i, attempt] of of.attempts.entries()) {
    if (attempt.started_ms - at >= kWorthALine) {
      lines.push({ name: "waiting for a key", kind: "waiting" as const, from: at, to: attempt.started_ms, note: "" });
    }
    const last = i === of.attempts.length - 1;
    lines.push({
      name: attempt.key || "no key",
      kind: toneOf(attempt.verdict, attempt.status),
      from: attempt.started_ms,
      to: last ? Math.max(attempt.ended_ms, of.duration_ms) : attempt.ended_ms,
      note: sentence(attempt),
    });
    at = attempt.ended_ms;
  }
  if (lines.length === 0) {
    lines.push({ name: "waiting for a key", kind: "waiting" as const, from: 0, to: of.duration_ms, note: words(of.outcome) });
  }
  const first = of.first_byte_ms;
  return (
    <ol class="waterfall" aria-label="What happened, in order">
      {lines.map((line, i) => (
        <li key={i}>
          <span class="waterfall-name">{line.name}</span>
          <span class="waterfall-line" aria-hidden="true">
            <span class={`piece piece-${line.kind}`} style={place(line.from, line.to, span)} />
            {i === lines.length - 1 && first !== null && first >= line.from && first <= line.to && (
              <span class="first-byte" style={{ left: `${(first / span) * 100}%` }} title={`first byte after ${latency(first)}`} />
            )}
          </span>
          <span class="waterfall-took">{latency(line.to - line.from)}</span>
          {line.note && <span class="waterfall-note">{line.note}</span>}
        </li>
      ))}
    </ol>
  );
}
