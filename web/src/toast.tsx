// What was just done, with the way back.
import { useEffect, useState } from "preact/hooks";
import { tell } from "./api";
import { plural } from "./format";
import type { KeyCommand, KeyName, Told } from "./types";

interface Toast {
  text: string;
  failed: boolean;
  undo: (() => Promise<void>) | null;
}

const kShown = 10_000;
const kDone: Record<KeyCommand, string> = {
  enable: "Enabled",
  disable: "Disabled",
  drain: "Draining",
  probe: "The next call tries",
  reset: "Reset",
};

let current: Toast | null = null;
let show: (toast: Toast | null) => void = () => {};
let timer = 0;

function put(toast: Toast | null) {
  clearTimeout(timer);
  current = toast;
  show(toast);
  if (toast) timer = setTimeout(() => put(null), kShown);
}

export function complain(problem: unknown) {
  put({ text: problem instanceof Error ? problem.message : String(problem), failed: true, undo: null });
}

const nameOf = (key: KeyName) => ({ endpoint: key.endpoint, name: key.name });

/** A cooldown that was ended cannot be begun again; a key that an operator put into rotation or took
    out of it can go back. */
function wayBack(told: Told): (() => Promise<void>) | null {
  const back: Record<string, KeyName[]> = { disable: [], drain: [], enable: [] };
  for (const key of told.changed) {
    if (key.was === "disabled") back.disable!.push(nameOf(key));
    else if (key.was === "draining") back.drain!.push(nameOf(key));
    else if (key.state === "disabled" || key.state === "draining") back.enable!.push(nameOf(key));
  }
  const some = Object.entries(back).filter(([, keys]) => keys.length > 0);
  if (some.length === 0) return null;
  return async () => {
    for (const [what, keys] of some) await tell(what as KeyCommand, { keys });
    put({ text: "Undone.", failed: false, undo: null });
  };
}

/** Carries out a command and tells of it. */
export async function command(
  what: KeyCommand,
  whom: { keys: KeyName[] } | { endpoint: string },
  done: () => void,
) {
  try {
    const told = await tell(what, whom);
    const named = "keys" in whom && whom.keys.length === 1 ? whom.keys[0]!.name : plural(told.told, "key");
    put({ text: `${kDone[what]} ${named}.`, failed: false, undo: wayBack(told) });
  } catch (problem) {
    complain(problem);
  }
  done();
}

export function Toasts() {
  const [toast, setToast] = useState(current);
  useEffect(() => {
    show = setToast;
    return () => {
      show = () => {};
    };
  }, []);
  const undo = () => toast?.undo?.().catch(complain);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toast && (
        <div class={toast.failed ? "toast toast-failed" : "toast"}>
          <span>{toast.text}</span>
          {toast.undo && (
            <button type="button" class="link" onClick={undo}>
              Undo
            </button>
          )}
          <button type="button" class="close" aria-label="Dismiss" onClick={() => put(null)}>
            ×
          </button>
        </div>
      )}
    </div>
  );
}
