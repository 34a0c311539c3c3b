import type { Logger } from "../../layers/platform/logger.ts";
import type { Executor } from "../../layers/store/pg/database.ts";
import {
  purgeChallenges,
  purgeIdempotencyKeys,
  purgeLinks,
  purgeMails,
  purgeNoticePauses,
  purgeRefreshTokens,
  purgeSessions,
  purgeThrottles,
  purgeVerifications,
} from "../../layers/store/pg/retention.ts";

type Deps = { readonly database: Executor; readonly logger: Logger };

/**
 * The most rows of a kind that one pass deletes, which limits how long a pass keeps the database
 * busy.
 */
const ROWS_A_PASS = 5_000;

/**
 * Deletes up to `rows` rows of each kind that are past their retention, oldest first. Returns
 * `more` when a kind may have further rows to delete.
 */
export const purgeOld = async (
  { database, logger }: Deps,
  rows = ROWS_A_PASS,
): Promise<"more" | "idle"> => {
  const deleted = {
    mails: await purgeMails(database, rows),
    challenges: await purgeChallenges(database, rows),
    sessions: await purgeSessions(database, rows),
    refreshTokens: await purgeRefreshTokens(database, rows),
    verifications: await purgeVerifications(database, rows),
    links: await purgeLinks(database, rows),
    throttles: await purgeThrottles(database, rows),
    idempotencyKeys: await purgeIdempotencyKeys(database, rows),
    noticePauses: await purgeNoticePauses(database, rows),
  };
  const counts = Object.values(deleted);
  if (counts.some((count) => count > 0)) logger.info(deleted, "old records were deleted");
  return counts.some((count) => count >= rows) ? "more" : "idle";
};
