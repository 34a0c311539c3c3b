import { setTimeout as delay } from "node:timers/promises";
import { createHousekeeping } from "./forget-old.ts";
import { MAILS_A_PASS, type NotifyDeps, notify, type Pass } from "./notify.ts";

/** How often an idle notifier looks for work, and how rarely at least it knocks at what is away. */
export type Pauses = { readonly idleMs: number; readonly awayMs: number };

const PAUSES: Pauses = { idleMs: 500, awayMs: 5_000 };

/** How often in a row each part did not answer. A mail server counts as away until it answers a mail. */
type Away = { readonly server: number; readonly database: number };

type Attempt = { readonly pass: Pass } | { readonly error: unknown };

/**
 * Reports, sends and forgets until the signal comes, then finishes the pass it is in. While the mail server or
 * the database is away it says so once and keeps knocking, with one mail and less and less often.
 */
export const runNotifier = async (
  deps: NotifyDeps,
  signal: AbortSignal,
  pauses: Pauses = PAUSES,
): Promise<void> => {
  const tidyUp = createHousekeeping(deps);
  let away: Away = { server: 0, database: 0 };
  while (!signal.aborted) {
    const mails = away.server === 0 ? MAILS_A_PASS : 1;
    const attempt = await notify(deps, mails).then(
      (pass): Attempt => ({ pass }),
      (error: unknown): Attempt => ({ error }),
    );
    const now = whoIsAway(away, attempt);
    announce(deps, away, now, attempt);
    away = now;
    if (away.database === 0) await tidyUp();
    const pauseMs = pauseAfter(attempt, { mails, away, pauses });
    await delay(pauseMs, undefined, { signal }).catch(() => {});
  }
};

const whoIsAway = (before: Away, attempt: Attempt): Away => {
  if ("error" in attempt) return { ...before, database: before.database + 1 };
  if (attempt.pass.unreachable !== undefined) return { server: before.server + 1, database: 0 };
  return { server: attempt.pass.claimed > 0 ? 0 : before.server, database: 0 };
};

const pauseAfter = (
  attempt: Attempt,
  { mails, away, pauses }: { mails: number; away: Away; pauses: Pauses },
): number => {
  const backOff = (failures: number) => Math.min(pauses.awayMs, pauses.idleMs * 2 ** failures);
  if ("error" in attempt) return backOff(away.database);
  const { claimed, reported, unreachable } = attempt.pass;
  if (unreachable !== undefined) return backOff(away.server);
  return claimed === mails || reported > 0 ? 0 : pauses.idleMs;
};

const announce = ({ logger }: NotifyDeps, before: Away, now: Away, attempt: Attempt): void => {
  const server = { host: "the mail server", was: before.server > 0, is: now.server > 0 };
  const database = { host: "the database", was: before.database > 0, is: now.database > 0 };
  const err = "error" in attempt ? attempt.error : attempt.pass.unreachable;
  for (const { host, was, is } of [server, database]) {
    if (is && !was) logger.warn({ err }, `${host} does not answer; mails wait`);
    if (was && !is) logger.info({}, `${host} answers again`);
  }
};
