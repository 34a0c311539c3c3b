import type { NewId } from "./ids.ts";

const PLAIN_WORD = /^[\w.:-]{1,64}$/;

/**
 * The caller's id when it is valid, else a new id, so that no other characters reach a log line.
 */
export const correlationIdOf = (sent: string | undefined, newId: NewId): string =>
  sent !== undefined && PLAIN_WORD.test(sent) ? sent : newId();
