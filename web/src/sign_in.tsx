import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { accepts, session } from "./session";

export function useSession() {
  const [, redraw] = useState(0);
  // Before anything can be answered: the first answer may be that a token is needed.
  useLayoutEffect(() => session.subscribe(() => redraw((times) => times + 1)), []);
  return session;
}

export function SignIn() {
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => field.current?.focus(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    const token = field.current!.value.trim();
    if (!token) return setProblem("Type the token first.");
    setBusy(true);
    try {
      if (await accepts(token)) return session.signIn(token);
      setProblem("The gateway does not know this token.");
    } catch {
      setProblem("The gateway does not answer.");
    }
    setBusy(false);
    field.current!.select();
  };

  return (
    <form class="empty sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      <p>This gateway shows itself only to its operator. The token is the one whose hash stands in its configuration as <code>admin.token_hash</code>.</p>
      <label for="token">Operator's token</label>
      <input
        id="token"
        ref={field}
        type="password"
        autocomplete="current-password"
        spellcheck={false}
        aria-describedby="token-problem"
        aria-invalid={problem !== ""}
      />
      <p id="token-problem" class="bad" role="alert">{problem}</p>
      <button type="submit" class="primary" disabled={busy}>Sign in</button>
      <p class="faint">It is kept until this tab is closed, and sent to this gateway only. Lost it? Make another with <code>keypool token hash --new</code>.</p>
    </form>
  );
}
