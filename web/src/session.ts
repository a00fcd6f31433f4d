// The operator's token, where the gateway asks for one. It is kept for this tab only.
const kStored = "keypool.token";

class Session {
  /** The gateway asked for a token that is not there, or not right. */
  asked = false;
  token = "";

  private readonly listeners = new Set<() => void>();

  constructor() {
    try {
      this.token = sessionStorage.getItem(kStored) ?? "";
    } catch {
      // Storage is off; a token holds until the page is left.
    }
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  signIn(token: string) {
    this.keep(token);
    this.asked = false;
    this.tell();
  }

  signOut() {
    this.keep("");
    this.asked = true;
    this.tell();
  }

  /** What was sent without this token may have been refused before it was there. */
  refuse(token: string) {
    if (token !== this.token || this.asked) return;
    this.asked = true;
    this.tell();
  }

  private keep(token: string) {
    this.token = token;
    try {
      if (token) sessionStorage.setItem(kStored, token);
      else sessionStorage.removeItem(kStored);
    } catch {
      // As above.
    }
  }

  private tell() {
    for (const listener of this.listeners) listener();
  }
}

export const session = new Session();

/** `fetch` with the operator's token. */
export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const { token } = session;
  const headers = new Headers(options.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) session.refuse(token);
  return answer;
}

/** Whether the gateway takes this token. */
export async function accepts(token: string): Promise<boolean> {
  const answer = await fetch("/api/v1/endpoints", { headers: { authorization: `Bearer ${token}` } });
  return answer.status !== 401;
}
