// What the admin API answers with; docs/openapi.json describes each field.

export const keyStates = ["ready", "cooling", "depleted", "invalid", "disabled", "draining"] as const;
export type KeyState = (typeof keyStates)[number];
export type StateCounts = Record<KeyState, number>;

export interface Limit {
  dimension: string;
  source: string;
  limit: number;
  left: number;
}

export interface Key {
  endpoint: string;
  name: string;
  state: KeyState;
  reason: string;
  until: string | null;
  ready_in_ms: number | null;
  headroom: (Limit & { model: string }) | null;
  in_flight: number;
  window_load: number;
  total_requests: number;
  successes: number;
  failures: number;
  rate_limits: number;
  abandoned: number;
  last_failure: string;
  success_rate: number;
  total_latency_ms: number;
  average_latency_ms: number;
  total_input_tokens: number;
  total_output_tokens: number;
  last_rate_limit_at: string | null;
  last_success_at: string | null;
}

export interface KeyPage {
  keys: Key[];
  total: number;
  offset: number;
  limit: number;
  states: StateCounts;
}

export interface Lane {
  model: string;
  keys: string[];
  in_flight: number;
  load: number;
  limits: Limit[];
  resting: boolean;
  until: string | null;
  ready_in_ms: number | null;
}

export interface OneKey {
  key: Key;
  lanes: Lane[];
}

export interface Calls {
  answered: number;
  refused: number;
  broken: number;
  hung_up: number;
}

export interface Tokens {
  input: number;
  output: number;
}

export interface Resting {
  name: string;
  state: KeyState;
  reason: string;
  until: string | null;
  ready_in_ms: number | null;
}

export interface EndpointOverview {
  name: string;
  base_url: string;
  dialect: string;
  keyless: boolean;
  keys: number;
  states: StateCounts;
  calls: Calls;
  in_flight: number;
  waiting: number;
  retries: number;
  fallbacks: number;
  leased: number;
  rate_limits: number;
  failures: number;
  tokens: Tokens;
  load: number;
  successes: number;
  total_latency_ms: number;
  resting: Resting[];
}

export interface Overview {
  at: string;
  version: string;
  keys: number;
  states: StateCounts;
  calls: Calls;
  astray: number;
  connections: number;
  in_flight: number;
  waiting: number;
  retries: number;
  leased: number;
  rate_limits: number;
  failures: number;
  tokens: Tokens;
  endpoints: EndpointOverview[];
}

export interface KeyChanges {
  keys: Key[];
  left_out: number;
}

export const keyCommands = ["disable", "enable", "drain", "probe", "reset"] as const;
export type KeyCommand = (typeof keyCommands)[number];
export interface KeyName {
  endpoint: string;
  name: string;
}
export interface Told {
  told: number;
  changed: (KeyName & { was: KeyState; state: KeyState })[];
}

/** How requests to a provider ended. */
export interface UsageOutcomes {
  succeeded: number;
  rate_limited: number;
  refused: number;
  failed: number;
  hung_up: number;
}

export interface UsageTokens extends Tokens {
  cached_input: number;
  cache_write: number;
  cache_write_1h: number;
  audio_input: number;
  reasoning: number;
  audio_output: number;
}

export interface UsageFigures {
  calls: number;
  outcomes: UsageOutcomes;
  tokens: UsageTokens;
  cost_usd: number;
  estimated: number; // of the calls
}

export const usageGroups = ["model", "key", "client", "endpoint"] as const;
export type UsageGroup = (typeof usageGroups)[number];

export type UsageRow = UsageFigures & { start?: string } & Partial<Record<UsageGroup, string>>;

export interface Usage {
  from: string;
  to: string;
  by: string;
  groups: UsageGroup[];
  rows: UsageRow[];
  more: boolean; // rows that did not fit
  total: UsageFigures;
}

export interface Attempt {
  key: string;
  started_ms: number; // after the call came
  ended_ms: number;
  status: number; // 0: nothing came back
  verdict: string;
  why: string;
}

export interface Call {
  id: number; // grows in the order of ending
  at: string; // when it came
  client: string;
  endpoint: string;
  model: string;
  method: string;
  path: string;
  trace_id: string;
  status: number; // 0: the client left before
  outcome: string;
  waited_ms: number;
  first_byte_ms: number | null;
  duration_ms: number;
  tokens: UsageTokens;
  cost_usd: number;
  attempts: Attempt[];
}

export interface PlanPoint {
  keys: number;
  p99_wait_ms: number;
  failed_share: number;
  rate_limited_per_1000: number;
}

export interface Plan {
  endpoint: string;
  model: string;
  keys_now: number;
  wait_ms: number;
  p99_wait_ms_now: number;
  keys_needed: number;
  now: PlanPoint;
  curve: PlanPoint[];
  assumptions: string[];
}
