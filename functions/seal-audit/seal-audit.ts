import type { Logger } from "../../layers/platform/logger.ts";
import { sealBlock } from "../../layers/store/audit/audit-chain.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** The most blocks that one run seals, so that a scheduled run ends before the next run begins. */
const BLOCKS_A_RUN = 200;

/**
 * Chains the audit rows since the last run. The last hash is logged: a copy outside the database
 * proves later that the chain was not rebuilt.
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
