import { get } from "node:http";
import type { Upstream } from "./kong-file.ts";

/** The real address of a target of the file: laptop mode uses other hosts and ports. */
export type Locate = (hostAndPort: string) => string;

/** How an exchange with a target failed: its connection broke, or it did not answer in time. */
export type Fault = "tcp" | "timeout";

export type Target = { readonly name: string; readonly origin: string };

export type Balancer = {
  /** The next target that is in service and was not tried yet; undefined when there is none. */
  readonly next: (tried: ReadonlySet<Target>) => Target | undefined;
  /** Counts a fault seen in traffic (the passive check). */
  readonly report: (target: Target, fault: Fault) => void;
  readonly health: () => readonly { readonly target: Target; readonly healthy: boolean }[];
  /** Whether a target is in service and every target has been since the start. */
  readonly isReady: () => boolean;
  readonly stop: () => void;
};

type State = {
  readonly target: Target;
  readonly weight: number;
  /** Smooth weighted round robin: grows by the weight, and shrinks by the total when chosen. */
  credit: number;
  healthy: boolean;
  hasAnswered: boolean;
  passive: Record<Fault, number>;
  active: { readonly [Seen in keyof typeof NOTHING_SEEN]: number };
};

type Probe = "healthy" | "unhealthy" | "ignored" | Fault;

const SECOND_MS = 1_000;
/** A target that has never answered is starting: it is checked often. */
const STARTING_SECONDS = 0.1;

const NOTHING_SEEN = { successes: 0, tcp: 0, timeout: 0, http: 0 };

/**
 * Alternates between the targets, leaves out those that fail, and checks these until they answer
 * again.
 */
export const createBalancer = (upstream: Upstream, locate: Locate): Balancer => {
  const { active, passive } = upstream.healthchecks;
  const states = upstream.targets.map(
    ({ target, weight }): State => ({
      target: { name: target, origin: `http://${locate(target)}` },
      weight,
      credit: 0,
      healthy: true,
      hasAnswered: false,
      passive: { tcp: 0, timeout: 0 },
      active: NOTHING_SEEN,
    }),
  );

  const watch = (state: State): (() => void) => {
    let timer: NodeJS.Timeout | undefined;
    const look = async (): Promise<void> => {
      judge(state, await probe(upstream, state.target), active);
      const { interval } = state.healthy ? active.healthy : active.unhealthy;
      const seconds = state.hasAnswered ? interval : Math.min(interval, STARTING_SECONDS);
      if (timer !== undefined) timer = setTimeout(look, seconds * SECOND_MS).unref();
    };
    timer = setTimeout(look, 0).unref();
    return () => {
      clearTimeout(timer);
      timer = undefined;
    };
  };
  const watches = states.map(watch);

  return {
    next: (tried) => choose(states.filter(({ healthy, target }) => healthy && !tried.has(target))),
    report: (target, fault) => {
      const state = states.find((candidate) => candidate.target === target);
      if (state === undefined) return;
      state.passive[fault] += 1;
      const { tcp_failures, timeouts } = passive.unhealthy;
      if (state.passive.tcp >= tcp_failures || state.passive.timeout >= timeouts) {
        state.healthy = false;
        state.active = NOTHING_SEEN;
      }
    },
    health: () => states.map(({ target, healthy }) => ({ target, healthy })),
    isReady: () =>
      states.every(({ hasAnswered }) => hasAnswered) && states.some(({ healthy }) => healthy),
    stop: () => {
      for (const end of watches) end();
    },
  };
};

/**
 * Counts the result of a check; enough equal results after each other put a target in or out of
 * service.
 */
const judge = (
  state: State,
  probe: Probe,
  { healthy, unhealthy }: Upstream["healthchecks"]["active"],
): void => {
  const seen = state.active;
  if (probe === "ignored") return;
  if (probe === "healthy") {
    state.active = { ...NOTHING_SEEN, successes: seen.successes + 1 };
    if (state.active.successes < healthy.successes) return;
    state.healthy = true;
    state.hasAnswered = true;
    state.passive = { tcp: 0, timeout: 0 };
    return;
  }
  const fault = probe === "unhealthy" ? "http" : probe;
  state.active = { ...seen, successes: 0, [fault]: seen[fault] + 1 };
  const { tcp, timeout, http } = state.active;
  const { tcp_failures, timeouts, http_failures } = unhealthy;
  if (tcp >= tcp_failures || timeout >= timeouts || http >= http_failures) state.healthy = false;
};

const choose = (candidates: readonly State[]): Target | undefined => {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) candidate.credit += candidate.weight;
  const [best] = candidates.toSorted((left, right) => right.credit - left.credit);
  if (best === undefined) return undefined;
  best.credit -= total;
  return best.target;
};

/** A single target that is always in service: a service without an upstream has no checks. */
export const fixedTarget = (name: string, locate: Locate): Balancer => {
  const target = { name, origin: `http://${locate(name)}` };
  return {
    next: (tried) => (tried.has(target) ? undefined : target),
    report: () => {},
    health: () => [],
    isReady: () => true,
    stop: () => {},
  };
};

const probe = (upstream: Upstream, { origin }: Target): Promise<Probe> =>
  new Promise((resolve) => {
    const { http_path, timeout, healthy, unhealthy } = upstream.healthchecks.active;
    const signal = AbortSignal.timeout(timeout * SECOND_MS);
    const request = get(`${origin}${http_path}`, { agent: false, signal }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (healthy.http_statuses.includes(status)) resolve("healthy");
      else resolve(unhealthy.http_statuses.includes(status) ? "unhealthy" : "ignored");
    });
    request.once("error", () => resolve(signal.aborted ? "timeout" : "tcp"));
  });
