import { randomUUID } from "node:crypto";

// A service answers its first few hundred requests in twice the time: nothing is compiled yet. So it asks
// itself, once it listens, as somebody who does not exist. Those requests are known by a correlation id
// that nobody else can know, and are not counted. It lies where a bundle finds it, too.

const PLACE = Symbol.for("brokerx.rehearsal");

/** Begins a rehearsal: requests with this correlation id belong to it. */
export const beginRehearsal = (): string => {
  const correlationId = randomUUID();
  Reflect.set(globalThis, PLACE, correlationId);
  return correlationId;
};

export const isRehearsal = (correlationId: string): boolean =>
  correlationId !== "" && correlationId === Reflect.get(globalThis, PLACE);
