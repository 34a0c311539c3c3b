import { signal } from "@preact/signals";
import type { components, MarketStatus } from "../../../sdk/index.ts";

export type Instrument = components["schemas"]["Instrument"];

/** What happens to a new order of an instrument now. */
type Phase =
  | { readonly kind: "open" | "delayed" | "halted" | "delisted" }
  | { readonly kind: "closed"; readonly opensAt: string | null };

const statuses = signal<ReadonlyMap<string, MarketStatus>>(new Map());

export const putStatus = (status: MarketStatus): void => {
  statuses.value = new Map(statuses.peek()).set(status.symbol, status);
};

/** A new connection sends only levels other than `ok`, so those of the connection before are dropped. */
export const dropStatuses = (): void => {
  statuses.value = new Map();
};

/** A status set by an operator comes first, then the calendar, then the state of the matcher. */
export const phaseOf = ({ symbol, status, session }: Instrument): Phase => {
  const level = statuses.value.get(symbol)?.level;
  if (status === "closed") return { kind: "delisted" };
  if (level === "halted" || (level === undefined && status === "halted")) return { kind: "halted" };
  if (!session.open) return { kind: "closed", opensAt: session.opens_at };
  return { kind: level === "degraded" ? "delayed" : "open" };
};

/** When a session begins or ends next, in milliseconds of the clock; undefined when none does. */
export const nextChange = (instruments: readonly Instrument[], now: number): number | undefined => {
  const times = instruments
    .flatMap(({ session }) => [session.opens_at, session.closes_at])
    .map((time) => (time === null ? Number.NaN : Date.parse(time)))
    .filter((time) => time > now);
  return times.length === 0 ? undefined : Math.min(...times);
};
