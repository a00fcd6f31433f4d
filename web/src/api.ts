import type { KeyCommand, KeyName, KeyPage, OneKey, Told } from "./types";

/** What the gateway said about a request that it did not carry out. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function read<T>(answer: Response): Promise<T> {
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body.error?.message ?? `status ${answer.status}`);
  return body as T;
}

export interface KeyQuery {
  endpoint: string;
  state: string;
  search: string;
  sort: string;
  order: "asc" | "desc";
}

export async function keyPage(
  query: KeyQuery,
  offset: number,
  limit: number,
  signal: AbortSignal,
): Promise<KeyPage> {
  const parameters = new URLSearchParams({ offset: String(offset), limit: String(limit) });
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  return read(await fetch(`/api/v1/keys?${parameters}`, { signal }));
}

export async function oneKey(key: KeyName, signal: AbortSignal): Promise<OneKey> {
  const path = `${encodeURIComponent(key.endpoint)}/${encodeURIComponent(key.name)}`;
  return read(await fetch(`/api/v1/keys/${path}`, { signal }));
}

/** Tells some keys, or all of an endpoint. */
export async function tell(
  command: KeyCommand,
  whom: { keys: KeyName[] } | { endpoint: string },
): Promise<Told> {
  return read(
    await fetch(`/api/v1/keys/${command}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(whom),
    }),
  );
}
