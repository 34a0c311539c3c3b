import { type Clock, systemClock } from "../../platform/clock.ts";
import { Unavailable } from "../../platform/unavailable.ts";
import { type Executor, sql } from "../pg/database.ts";

/**
 * Protects the outbox: while too many commands are not settled, requests are refused before they
 * write.
 */
type Backlog = {
  /** Throws Unavailable when too many accepted commands are not settled yet. */
  readonly requireRoom: (wish: "order" | "cancel") => Promise<void>;
};

/** The age of the count at which it is refreshed, and at which a request waits for the refresh. */
const FRESH_MS = 250;
const STALE_MS = 1_000;
/** Pause before a refresh that no request waits for, so that the request is answered first. */
const AFTER_MS = 10;
/** Cancels are refused last: they are still accepted when orders no longer are. */
const CANCELS_FACTOR = 2;

/**
 * Refuses new orders when `max` commands are waiting for relay or settlement, and cancels at twice
 * as many. All processes read the same count, each at most four times a second and not for every
 * request: the limit may be exceeded by what is accepted within a quarter of a second. The age of the
 * count is measured by the wall clock, which continues while a Lambda function is frozen. With `readsAhead` the count
 * is refreshed after the answer.
 */
export const createBacklog = (
  db: Executor,
  {
    max,
    clock = systemClock,
    readsAhead = true,
  }: { readonly max: number; readonly clock?: Clock; readonly readsAhead?: boolean },
): Backlog => {
  let known = { commands: 0, at: -Infinity };
  let counting: Promise<void> | undefined;
  let planned = false;
  const count = (): Promise<void> => {
    counting ??= countBacklog(db, max * CANCELS_FACTOR)
      .then((commands) => {
        known = { commands, at: clock().getTime() };
      })
      .finally(() => {
        counting = undefined;
      });
    return counting;
  };
  const plan = (): void => {
    if (planned) return;
    planned = true;
    setTimeout(() => {
      planned = false;
      count().catch(() => {}); // the next request counts again and reports the error
    }, AFTER_MS).unref();
  };
  return {
    requireRoom: async (wish) => {
      const age = Math.abs(clock().getTime() - known.at);
      if (age > (readsAhead ? STALE_MS : FRESH_MS)) await count();
      else if (age > FRESH_MS) plan();
      if (known.commands >= (wish === "order" ? max : max * CANCELS_FACTOR))
        throw new Unavailable(`${known.commands} commands are waiting to be settled`);
    },
  };
};

/** Commands accepted and not settled; those in the outbox are counted up to a limit. */
const countBacklog = async (db: Executor, limit: number): Promise<number> => {
  const { rows } = await db.query<{ readonly commands: bigint }>(sql`
    select
      (select count(*) from (select from trading.outbox limit ${limit}) as waiting)
      + (select coalesce(sum(seq - settled_seq), 0)::bigint
         from trading.sequence join trading.book using (symbol)) as commands`);
  return Number(rows[0]?.commands ?? 0n);
};
