import { randomUUID } from "node:crypto";

// A service answers its first few hundred requests in twice the time: nothing is compiled yet. So it asks
// itself, once it listens, as somebody who does not exist, and calls itself healthy when it is done. Those
// requests are known by a correlation id that nobody else can know, and are not counted. What is known of
// the rehearsal lies where a bundle finds it, too.

const PLACE = Symbol.for("brokerx.rehearsal");

type Rehearsal = { readonly correlationId: string; readonly over: boolean };

const known = (): Rehearsal | undefined => Reflect.get(globalThis, PLACE);

/** Begins a rehearsal: requests with this correlation id belong to it. */
export const beginRehearsal = (): string => {
  const correlationId = randomUUID();
  Reflect.set(globalThis, PLACE, { correlationId, over: false } satisfies Rehearsal);
  return correlationId;
};

/** Ends it, however it went; a late answer still belongs to it. */
export const endRehearsal = (): void => {
  const rehearsal = known();
  if (rehearsal !== undefined) Reflect.set(globalThis, PLACE, { ...rehearsal, over: true });
};

/** True for a request of this process's own rehearsal. */
export const isRehearsal = (correlationId: string): boolean =>
  correlationId === known()?.correlationId;

/** True from the beginning of a rehearsal to its end, and false in a process that has none. */
export const isRehearsing = (): boolean => known()?.over === false;
