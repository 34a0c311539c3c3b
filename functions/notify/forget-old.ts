import type { Clock } from "../../layers/platform/clock.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Database } from "../../layers/store/pg/database.ts";
import {
  forgetChallenges,
  forgetIdempotencyKeys,
  forgetMails,
  forgetNoticePauses,
  forgetVerifications,
} from "../../layers/store/pg/retention.ts";

type Deps = { readonly database: Database; readonly clock: Clock; readonly logger: Logger };

/** Rows of each kind deleted at once: the mails of a whole second wait no longer than for these. */
export const ROWS_A_TIME = 5_000;

const EVERY_MS = 3_600_000;

/** Deletes up to `rows` records of each kind whose time is over; answers whether there may be more. */
export const forgetOld = async ({ database, logger }: Deps, rows: number): Promise<boolean> => {
  const deleted = {
    mails: await forgetMails(database, rows),
    challenges: await forgetChallenges(database, rows),
    verifications: await forgetVerifications(database, rows),
    idempotencyKeys: await forgetIdempotencyKeys(database, rows),
    noticePauses: await forgetNoticePauses(database, rows),
  };
  const counts = Object.values(deleted);
  if (counts.some((count) => count > 0)) logger.info(deleted, "old records were deleted");
  return counts.some((count) => count >= rows);
};

/**
 * A task to call between passes: it forgets what is old at its first call and then once an hour, in
 * small parts that follow one another call by call. It never throws; a failure waits for the next hour.
 */
export const createHousekeeping = (deps: Deps, rows = ROWS_A_TIME): (() => Promise<void>) => {
  let dueAt = 0;
  return async () => {
    const now = deps.clock().getTime();
    if (now < dueAt) return;
    try {
      dueAt = (await forgetOld(deps, rows)) ? now : now + EVERY_MS;
    } catch (error) {
      dueAt = now + EVERY_MS;
      deps.logger.warn({ err: error }, "old records could not be deleted");
    }
  };
};
