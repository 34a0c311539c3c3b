import type { NewId } from "./ids.ts";

const PLAIN_WORD = /^[\w.:-]{1,64}$/;

/** The id the caller sent when it is a plain word, else a new one: nothing odd reaches a log line. */
export const correlationIdOf = (sent: string | undefined, newId: NewId): string =>
  sent !== undefined && PLAIN_WORD.test(sent) ? sent : newId();
