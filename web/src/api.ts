import { ask } from "./session";
import type { Call, KeyCommand, KeyName, KeyPage, OneKey, Plan, Told, Usage } from "./types";

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
  return read(await ask(`/api/v1/keys?${parameters}`, { signal }));
}

export async function oneKey(key: KeyName, signal: AbortSignal): Promise<OneKey> {
  const path = `${encodeURIComponent(key.endpoint)}/${encodeURIComponent(key.name)}`;
  return read(await ask(`/api/v1/keys/${path}`, { signal }));
}

/** Tells some keys, or all of an endpoint. */
export async function tell(
  command: KeyCommand,
  whom: { keys: KeyName[] } | { endpoint: string },
): Promise<Told> {
  return read(
    await ask(`/api/v1/keys/${command}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(whom),
    }),
  );
}

/** Parameters that are empty are left out. */
const queryOf = (parameters: Record<string, string | number>) =>
  new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) => (value === "" ? [] : [[name, String(value)]])),
  );

export type UsageQuery = Record<"from" | "to" | "by" | "group" | "endpoint" | "key" | "model" | "client", string>;

export async function usage(query: Partial<UsageQuery>, limit: number, signal: AbortSignal): Promise<Usage> {
  return read(await ask(`/api/v1/usage?${queryOf({ ...query, limit })}`, { signal }));
}

export async function usageCsv(query: Partial<UsageQuery>): Promise<Blob> {
  const answer = await ask(`/api/v1/usage?${queryOf({ ...query, limit: 100_000, format: "csv" })}`);
  return answer.ok ? answer.blob() : read(answer);
}

export type CallQuery = Record<"endpoint" | "key" | "model" | "client" | "outcome", string>;

/** The calls before that one, newest first. */
export async function calls(
  query: CallQuery,
  before: string,
  limit: number,
  signal: AbortSignal,
): Promise<Call[]> {
  const answer = await ask(`/api/v1/calls?${queryOf({ ...query, before, limit })}`, { signal });
  return (await read<{ calls: Call[] }>(answer)).calls;
}

export type PlanQuery = Record<"endpoint" | "model" | "wait_ms" | "hours", string>;

export async function plan(query: PlanQuery, signal: AbortSignal): Promise<Plan> {
  return read(await ask(`/api/v1/plan?${queryOf(query)}`, { signal }));
}
