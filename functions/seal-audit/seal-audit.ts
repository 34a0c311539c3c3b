import type { Logger } from "../../layers/platform/logger.ts";
import { sealBlock } from "../../layers/store/audit/audit-chain.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** Blocks one run seals at most, so that a scheduled run ends before the next one begins. */
const BLOCKS_A_RUN = 200;

/**
 * Chains what the audit has got since the last run. The last hash goes to the log: a copy of it kept
 * out of the database's reach proves later that nobody made the whole chain anew.
 */
export const sealAudit = async (deps: {
  readonly database: Database;
  readonly logger: Logger;
}): Promise<number> => {
  let rows = 0;
  let head: Buffer | undefined;
  for (let blocks = 0; blocks < BLOCKS_A_RUN; blocks += 1) {
    const sealed = await sealBlock(deps.database);
    if (sealed === undefined) break;
    rows += sealed.rows;
    head = sealed.hash;
  }
  if (head !== undefined) deps.logger.info({ rows, head: head.toString("hex") }, "audit sealed");
  return rows;
};
