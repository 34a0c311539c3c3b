import { randomUUID } from "node:crypto";

// A service answers its first few hundred requests in twice the time: nothing is compiled yet. So it asks
// itself, once it listens, as somebody who does not exist, and calls itself healthy when it is done. Those
// requests are known by a correlation id that nobody else can know, and are not counted.

let rehearsal: { readonly correlationId: string; readonly over: boolean } | undefined;

/** Begins a rehearsal: requests with this correlation id belong to it. */
export const beginRehearsal = (): string => {
  const correlationId = randomUUID();
  rehearsal = { correlationId, over: false };
  return correlationId;
};

/** Ends it, however it went; a late answer still belongs to it. */
export const endRehearsal = (): void => {
  if (rehearsal !== undefined) rehearsal = { ...rehearsal, over: true };
};

/** True for a request of this process's own rehearsal. */
export const isRehearsal = (correlationId: string): boolean =>
  correlationId === rehearsal?.correlationId;

/** True from the beginning of a rehearsal to its end, and false in a process that has none. */
export const isRehearsing = (): boolean => rehearsal?.over === false;
