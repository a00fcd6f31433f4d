// The latest calls, growing at the top while nobody holds them.
import { useEffect, useRef, useState } from "preact/hooks";
import { calls, type CallQuery } from "./api";
import { live, useLive } from "./live";
import { complain } from "./toast";
import type { Call } from "./types";

const kPage = 100;
/** As many are kept while the list grows at the top, */
const kKept = 300;
/** and held back at most while it does not. */
const kHeld = 1000;
/** Calls that come together are drawn together. */
const kDrawEvery = 150;

const fits = (call: Call, query: CallQuery) =>
  (Object.keys(query) as (keyof CallQuery)[]).every((field) =>
    query[field] === "" ||
    (field === "key" ? call.attempts.some((attempt) => attempt.key === query.key) : call[field] === query[field]),
  );

/** Newest first, each once. */
const joined = (some: Call[], others: Call[]) =>
  [...new Map([...some, ...others].map((call) => [call.id, call])).values()].sort((one, other) => other.id - one.id);

export interface Tail {
  shown: Call[] | null;
  held: number; // calls that came while the list was held
  older: "some" | "coming" | "none";
  askForOlder: () => void;
}

export function useTail(query: CallQuery, hold: boolean): Tail {
  const { connection } = useLive();
  const [shown, setShown] = useState<Call[] | null>(null);
  const [held, setHeld] = useState(0);
  const [older, setOlder] = useState<Tail["older"]>("none");
  const fresh = useRef<Call[]>([]); // newest first
  const holding = useRef(hold);
  holding.current = hold;

  const failed = (signal: AbortSignal) => (problem: unknown) => {
    if (!signal.aborted && !(problem instanceof TypeError)) complain(problem);
  };

  const flush = () => {
    if (fresh.current.length === 0) return;
    const newer = fresh.current;
    fresh.current = [];
    setHeld(0);
    setShown((calls) => calls && joined(newer, calls).slice(0, Math.max(kKept, calls.length)));
  };

  // Another question, or a connection that is back: what was missed is asked for.
  useEffect(() => {
    if (connection === "lost") return;
    const given = new AbortController();
    setShown(null);
    setHeld(0);
    fresh.current = [];
    calls(query, "", kPage, given.signal).then((answer) => {
      setShown(joined(fresh.current, answer));
      fresh.current = [];
      setOlder(answer.length < kPage ? "none" : "some");
    }, failed(given.signal));
    return () => given.abort();
  }, [query, connection === "lost"]);

  useEffect(() => {
    let timer = 0;
    const unsubscribe = live.onCall((call) => {
      if (!fits(call, query)) return;
      fresh.current.unshift(call); // the oldest is told of first
      if (fresh.current.length > kHeld) fresh.current.length = kHeld;
      timer ||= setTimeout(() => {
        timer = 0;
        if (holding.current) setHeld(fresh.current.length);
        else flush();
      }, kDrawEvery);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [query]);

  useEffect(() => {
    if (!hold) flush();
  }, [hold]);

  const askForOlder = () => {
    const last = shown?.at(-1);
    if (!last || older !== "some") return;
    setOlder("coming");
    const given = new AbortController();
    calls(query, String(last.id), kPage, given.signal).then(
      (answer) => {
        setShown((calls) => joined(calls ?? [], answer));
        setOlder(answer.length < kPage ? "none" : "some");
      },
      (problem) => {
        setOlder("some");
        failed(given.signal)(problem);
      },
    );
  };
  return { shown, held, older, askForOlder };
}
